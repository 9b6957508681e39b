(
    select
        null::varchar as entity,
        null::varchar as jira_id,
        null::timestamp as updated_at,
        null::timestamp as asked_at,
        null::bigint as seq,
        null::bigint as list_seq,
        null::bigint as entries,
        null::varchar as digest
    where false
)
