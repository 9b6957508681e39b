select
    (
        select min(last_success_at)
        from sync_status
        where $project is null or project_key = $project
    ) as last_synced_at,
    count(*) as items,
    count(*) filter (where is_left_out) as left_out,
    max(finished_on) filter (where delivered) as newest_finish
from issue_flow
where is_counted and ($project is null or project_key = $project)
