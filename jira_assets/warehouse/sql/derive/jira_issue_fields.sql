copy (
    select
        jira_id::varchar as jira_id,
        field.field_id::varchar as field_id,
        field.value::varchar as value
    from (
        select
            jira_id,
            unnest({pairs}) as field
        from read_parquet({stage})
    )
    where field.value is not null
) to {parquet} (format parquet, compression zstd)
