-- group: issues
-- scope: project
-- key: jira_id
-- parts: jira_id of lake.jira_issue_fields

create table warehouse.jira_issue_fields as
with names as (
    select
        field_id,
        any_value(field_name) as field_name
    from site.fields
    group by field_id
)
select
    held.jira_id::varchar as jira_id,
    held.field_id::varchar as field_id,
    names.field_name::varchar as field_name,
    held.value::json as value
from lake.jira_issue_fields as held
left join names on held.field_id = names.field_id
left join lake.moved as moved on held.jira_id = moved.jira_id
where moved.jira_id is null or moved.home = held.project;

comment on table warehouse.jira_issue_fields is 'Custom fields with a value, as Jira returned them';
comment on column warehouse.jira_issue_fields.jira_id is 'Id of the issue';
comment on column warehouse.jira_issue_fields.field_id is 'Id of the field, such as customfield_10016';
comment on column warehouse.jira_issue_fields.field_name is 'Name of the field';
comment on column warehouse.jira_issue_fields.value is 'Its value, JSON; without e-mail addresses of people';
