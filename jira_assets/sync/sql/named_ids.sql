-- What issues name that Jira returned since the first of the lists was read, and when it returned them last.
select
    kind,
    id,
    max(synced_at) as named_at
from (
    select
        synced_at,
        unnest([
            {{'kind': 'version', 'ids': list_concat(coalesce(fix_version_ids, []), coalesce(affects_version_ids, []))}},
            {{'kind': 'component', 'ids': coalesce(component_ids, [])}},
            {{'kind': 'issue type', 'ids': [issue_type_id]}},
            {{'kind': 'resolution', 'ids': [resolution_id]}}
        ], max_depth := 2)
    from read_parquet({issues}, hive_partitioning = false)
    where synced_at >= {since}
), unnest(ids) as named (id)
where id is not null
group by kind, id
