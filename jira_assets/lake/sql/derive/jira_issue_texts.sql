-- Documents and plain texts are read apart: a CASE around the macro would double its cost.
with described as (
    select
        project,
        jira_id,
        fields.description as description
    from {stage}
    where fields.description is not null
)
select
    project as project,
    jira_id::varchar as jira_id,
    plain_text(description)::varchar as description_text
from described
where starts_with(description::varchar, '{{')
union all
select
    project as project,
    jira_id::varchar as jira_id,
    (description ->> '$')::varchar as description_text
from described
where starts_with(description::varchar, '"')
