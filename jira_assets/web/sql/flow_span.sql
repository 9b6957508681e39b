select
    max(as_of) as as_of,
    (
        select min(last_success_at)
        from sync_status
        where $project is null or project_key = $project
    ) as last_synced_at,
    (
        select count(*)
        from issue_flow
        where is_counted and ($project is null or project_key = $project)
    ) as items,
    (
        select count(*)
        from issue_flow
        where is_counted and is_left_out and ($project is null or project_key = $project)
    ) as left_out,
    (
        select max(finished_on)
        from issue_flow
        where is_counted and delivered and ($project is null or project_key = $project)
    ) as newest_finish
from metric_settings
