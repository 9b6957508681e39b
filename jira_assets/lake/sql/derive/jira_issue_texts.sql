-- Documents and plain texts are read apart: a CASE around the macro would double its cost.
copy (
    with described as (
        select
            jira_id,
            fields.description as description
        from read_parquet({stage})
        where fields.description is not null
    )
    select
        jira_id::varchar as jira_id,
        plain_text(description)::varchar as description_text
    from described
    where starts_with(description::varchar, '{{')
    union all
    select
        jira_id::varchar as jira_id,
        (description ->> '$')::varchar as description_text
    from described
    where starts_with(description::varchar, '"')
) to {parquet} (format parquet, compression zstd)
