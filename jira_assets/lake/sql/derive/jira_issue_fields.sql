-- Addresses of people are left out: what an issue showed when it was read may be hidden by now. Quotes inside a
-- text of JSON have a backslash before them, so only names and values of JSON are found.
select
    project,
    jira_id::varchar as jira_id,
    field.field_id::varchar as field_id,
    regexp_replace(
        regexp_replace(field.value::varchar, ',\s*"emailAddress":\s*("(\\.|[^"\\])*"|null)', '', 'g'),
        '"emailAddress":\s*("(\\.|[^"\\])*"|null),?', '', 'g'
    )::varchar as value
from (
    select
        project,
        jira_id,
        unnest({pairs}) as field
    from {stage}
)
where field.value is not null
