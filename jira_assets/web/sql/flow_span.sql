select
    max(as_of) as as_of,
    (
        select max(finished_on)
        from issue_flow
        where is_counted and delivered and ($project is null or project_key = $project)
    ) as newest_finish
from metric_settings
