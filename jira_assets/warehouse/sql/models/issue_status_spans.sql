-- group: metrics
-- scope: project
-- key: project_id
-- parts: jira_id of status_stays(false)

create table warehouse.issue_status_spans as
select
    stays.jira_id::varchar as jira_id,
    stays.project_id::varchar as project_id,
    stays.visit::integer as visit,
    id_of(stays.status_key)::varchar as status_id,
    coalesce(present.status, stays.status)::varchar as status,
    present.status_category::varchar as status_category,
    id_of(stays.previous_key)::varchar as previous_status_id,
    previous.status_category::varchar as previous_category,
    present.is_active::boolean as is_active,
    present.is_blocked::boolean as is_blocked,
    stays.entered_at::timestamp as entered_at,
    stays.left_at::timestamp as left_at,
    (date_diff('millisecond', stays.entered_at, stays.left_at) / 3600000.0)::double as hours
from status_stays(false) as stays
left join warehouse.project_statuses as present
    on stays.project_id = present.project_id and stays.status_key = status_key(present.status_id, present.status)
left join warehouse.project_statuses as previous
    on stays.project_id = previous.project_id and stays.previous_key = status_key(previous.status_id, previous.status);

comment on table warehouse.issue_status_spans is 'Every stay of every issue in a status, replayed from its changes since creation';
comment on column warehouse.issue_status_spans.jira_id is 'Id of the issue';
comment on column warehouse.issue_status_spans.project_id is 'Id of its project today';
comment on column warehouse.issue_status_spans.visit is 'Position of this stay in the history of the issue, from 1';
comment on column warehouse.issue_status_spans.status_id is 'Id of the status';
comment on column warehouse.issue_status_spans.status is 'Current name of the status; for a deleted status, the name most frequent in histories';
comment on column warehouse.issue_status_spans.status_category is 'new, indeterminate or done, as in project_statuses; null if unknown';
comment on column warehouse.issue_status_spans.previous_status_id is 'Status it came from; null for the first';
comment on column warehouse.issue_status_spans.previous_category is 'Category it came from';
comment on column warehouse.issue_status_spans.is_active is 'Whether JIRA_ASSETS_ACTIVE_STATUSES lists the status; null if that setting is empty';
comment on column warehouse.issue_status_spans.is_blocked is 'Whether JIRA_ASSETS_BLOCKED_STATUSES lists the status';
comment on column warehouse.issue_status_spans.entered_at is 'When it entered the status, UTC';
comment on column warehouse.issue_status_spans.left_at is 'When it left the status, UTC; null while it is there';
comment on column warehouse.issue_status_spans.hours is 'Hours it stayed; null while it is there';
