-- Of each issue and kind: the version that its list was last read for, and what the list was then. An observation
-- without a list saw the same as the one before. What was known before these observations is in `before`.
copy (
    with newly as (
        select
            kind as entity,
            jira_id as jira_id,
            arg_max(updated_at, seq) as updated_at,
            max(asked_at) as asked_at,
            max(seq) as seq,
            max(seq) filter (where payload is not null) as list_seq,
            arg_max(json_array_length(payload), seq) filter (where payload is not null) as entries,
            arg_max(sha256(payload), seq) filter (where payload is not null) as digest
        from {observations}
        where project_id = {project_id}
        group by kind, jira_id
    )
    select
        coalesce(newly.entity, before.entity)::varchar as entity,
        coalesce(newly.jira_id, before.jira_id)::varchar as jira_id,
        case when newly.jira_id is null then before.updated_at else newly.updated_at end::timestamp as updated_at,
        coalesce(newly.asked_at, before.asked_at)::timestamp as asked_at,
        coalesce(newly.seq, before.seq)::bigint as seq,
        coalesce(newly.list_seq, before.list_seq)::bigint as list_seq,
        coalesce(newly.entries, before.entries)::bigint as entries,
        coalesce(newly.digest, before.digest)::varchar as digest
    from newly
    full join {before} as before on newly.entity = before.entity and newly.jira_id = before.jira_id
) to {parquet} (format parquet, compression zstd)
