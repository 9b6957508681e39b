-- The project keys in what Jira answered last about a project's issues, unless that is older than the list of projects.
select distinct project_key
from (
    select
        project_key,
        synced_at,
        max(synced_at) over () as newest
    from read_parquet({issues}, hive_partitioning = false)
    where synced_at >= {listed_at}
)
where synced_at = newest and project_key <> ''
