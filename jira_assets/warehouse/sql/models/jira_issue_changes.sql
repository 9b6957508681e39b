-- group: issues
-- scope: project
-- key: jira_id
-- parts: jira_id of lake.jira_issue_changes

create table warehouse.jira_issue_changes as
select
    change.jira_id::varchar as jira_id,
    change.change_id::varchar as change_id,
    change.changed_at::timestamp as changed_at,
    change.author_account_id::varchar as author_account_id,
    change.field::varchar as field,
    change.field_id::varchar as field_id,
    change.from_value::varchar as from_value,
    change.from_string::varchar as from_string,
    change.to_value::varchar as to_value,
    change.to_string::varchar as to_string
from lake.jira_issue_changes as change
left join lake.moved as moved on change.jira_id = moved.jira_id
where moved.jira_id is null or moved.home = change.project;

comment on table warehouse.jira_issue_changes is 'Every change of every issue, one row per changed field';
comment on column warehouse.jira_issue_changes.jira_id is 'Id of the issue';
comment on column warehouse.jira_issue_changes.change_id is 'Id of the change; the fields of one change share it';
comment on column warehouse.jira_issue_changes.changed_at is 'When the change was made, UTC';
comment on column warehouse.jira_issue_changes.author_account_id is 'Jira account that made the change';
comment on column warehouse.jira_issue_changes.field is 'Name of the field';
comment on column warehouse.jira_issue_changes.field_id is 'Id of the field; Jira leaves it out for some';
comment on column warehouse.jira_issue_changes.from_value is 'Previous value as ids';
comment on column warehouse.jira_issue_changes.from_string is 'Previous value as text; null for long texts';
comment on column warehouse.jira_issue_changes.to_value is 'New value as ids';
comment on column warehouse.jira_issue_changes.to_string is 'New value as text; null for long texts';
