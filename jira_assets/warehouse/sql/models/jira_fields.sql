-- group: site
-- scope: site

create table warehouse.jira_fields as
select distinct on (field_id, project_id)
    field_id::varchar as field_id,
    field_name::varchar as field_name,
    is_custom::boolean as is_custom,
    schema_type::varchar as schema_type,
    schema_items::varchar as schema_items,
    schema_custom::varchar as schema_custom,
    project_id::varchar as project_id
from site.fields
order by field_id asc, project_id asc, field_name asc;

comment on table warehouse.jira_fields is 'Fields of the site in use in projects that this account may browse, read daily';
comment on column warehouse.jira_fields.field_id is 'Id of the field, such as customfield_10016, as in jira_issue_fields';
comment on column warehouse.jira_fields.field_name is 'Name of the field today';
comment on column warehouse.jira_fields.is_custom is 'Whether it is a custom field';
comment on column warehouse.jira_fields.schema_type is 'Type of its values, such as number, option or array; null if Jira does not say';
comment on column warehouse.jira_fields.schema_items is 'Type of the elements of an array';
comment on column warehouse.jira_fields.schema_custom is 'Kind of custom field, the same in every language';
comment on column warehouse.jira_fields.project_id is 'Team-managed project it belongs to; null for fields that projects share';
