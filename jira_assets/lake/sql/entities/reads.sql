-- Of each issue and kind: the version that its list was last read for, and what the list was then. An observation
-- without a list saw the same as the one before.
copy (
    select
        kind::varchar as entity,
        jira_id::varchar as jira_id,
        arg_max(updated_at, seq)::timestamp as updated_at,
        max(asked_at)::timestamp as asked_at,
        max(seq)::bigint as seq,
        (max(seq) filter (where payload is not null))::bigint as list_seq,
        (arg_max(json_array_length(payload), seq) filter (where payload is not null))::bigint as entries,
        (arg_max(sha256(payload), seq) filter (where payload is not null))::varchar as digest
    from {observations}
    where project_id = {project_id}
    group by kind, jira_id
) to {parquet} (format parquet, compression zstd)
