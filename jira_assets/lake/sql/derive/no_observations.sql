select
    null::varchar as jira_id,
    null::varchar as jira_key,
    null::varchar as project_id,
    null::varchar as project_key,
    null::timestamp as updated_at,
    null::timestamp as asked_at,
    null::bigint as seq,
    null::varchar as kind,
    null::varchar as payload,
    null::varchar as histories,
    null::varchar as filename,
    null::bigint as file_row_number
where false
