-- group: metrics
-- scope: view
-- beside: jira_issues_as_of

-- depends_on: warehouse.jira_history_days
create view warehouse.jira_issues_daily as
select
    states.day::date as day,
    states.jira_id::varchar as jira_id,
    states.jira_key::varchar as jira_key,
    states.project_id::varchar as project_id,
    states.summary::varchar as summary,
    states.issue_type::varchar as issue_type,
    states.issue_type_id::varchar as issue_type_id,
    states.parent_id::varchar as parent_id,
    states.status_id::varchar as status_id,
    states.status::varchar as status,
    states.status_category::varchar as status_category,
    states.priority_id::varchar as priority_id,
    states.priority::varchar as priority,
    states.resolution_id::varchar as resolution_id,
    states.resolution::varchar as resolution,
    states.assignee_account_id::varchar as assignee_account_id,
    states.reporter_account_id::varchar as reporter_account_id,
    states.story_points::double as story_points,
    states.sprint_id::varchar as sprint_id,
    states.sprint_name::varchar as sprint_name,
    states.labels::varchar[] as labels,
    states.components::varchar[] as components,
    states.fix_versions::varchar[] as fix_versions,
    states.due_date::date as due_date,
    states.issue_created_at::timestamp as issue_created_at,
    states.contradicted::varchar[] as contradicted
from (
{issues_at}
) as states;

comment on view warehouse.jira_issues_daily is 'Issues as they were at the end of each of the last 91 days, one row per issue and day; computed when it is read: choose one day, or few';
comment on column warehouse.jira_issues_daily.day is 'The day, in the time zone of the settings';
comment on column warehouse.jira_issues_daily.jira_id is 'Id of the issue; issues that were deleted since are not there';
comment on column warehouse.jira_issues_daily.jira_key is 'Its key at that time';
comment on column warehouse.jira_issues_daily.project_id is 'Id of its project at that time';
comment on column warehouse.jira_issues_daily.summary is 'Its title at that time';
comment on column warehouse.jira_issues_daily.issue_type is 'Its type at that time, under the newest name';
comment on column warehouse.jira_issues_daily.issue_type_id is 'Id of that type';
comment on column warehouse.jira_issues_daily.parent_id is 'Id of its parent at that time';
comment on column warehouse.jira_issues_daily.status_id is 'Id of its status at that time';
comment on column warehouse.jira_issues_daily.status is 'That status, under its name of today';
comment on column warehouse.jira_issues_daily.status_category is 'new, indeterminate or done; null if unknown';
comment on column warehouse.jira_issues_daily.priority_id is 'Id of its priority at that time';
comment on column warehouse.jira_issues_daily.priority is 'That priority, under its newest name';
comment on column warehouse.jira_issues_daily.resolution_id is 'Id of its resolution at that time; null if it was unresolved';
comment on column warehouse.jira_issues_daily.resolution is 'That resolution, under its newest name';
comment on column warehouse.jira_issues_daily.assignee_account_id is 'Jira account that it was assigned to';
comment on column warehouse.jira_issues_daily.reporter_account_id is 'Jira account that was its reporter';
comment on column warehouse.jira_issues_daily.story_points is 'Its estimate at that time, in the field that was chosen for the project';
comment on column warehouse.jira_issues_daily.sprint_id is 'Its sprint at that time: the active one, otherwise the next one, otherwise the last one';
comment on column warehouse.jira_issues_daily.sprint_name is 'Name of that sprint today';
comment on column warehouse.jira_issues_daily.labels is 'Its labels at that time, sorted';
comment on column warehouse.jira_issues_daily.components is 'Names of its components at that time, sorted';
comment on column warehouse.jira_issues_daily.fix_versions is 'Names of the versions it was to be fixed in, sorted';
comment on column warehouse.jira_issues_daily.due_date is 'When it was due';
comment on column warehouse.jira_issues_daily.issue_created_at is 'When it was created, UTC';
comment on column warehouse.jira_issues_daily.contradicted is 'Fields whose changes contradict their values today, by id, and status, sprint and estimate: what they were is uncertain';
