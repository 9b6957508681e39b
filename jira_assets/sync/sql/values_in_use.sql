-- The statuses, resolutions and levels that issues have, or had: by id and by name, as text.
select distinct
    kind as kind,
    value as value
from (
    select
        'status' as kind,
        unnest([status, status_id]) as value
    from read_parquet({issues}, hive_partitioning = false, union_by_name = true)
    union all
    select
        'resolution' as kind,
        resolution as value
    from read_parquet({issues}, hive_partitioning = false, union_by_name = true)
    union all
    select
        'level' as kind,
        hierarchy_level::varchar as value
    from read_parquet({issues}, hive_partitioning = false, union_by_name = true)
    union all
    select
        coalesce(field_id, field) as kind,
        unnest([from_value, from_string, to_value, to_string]) as value
    from read_parquet({changes}, hive_partitioning = false, union_by_name = true)
    where coalesce(field_id, field) in ('status', 'resolution')
)
where value is not null
