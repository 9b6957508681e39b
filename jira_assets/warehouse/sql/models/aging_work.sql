-- group: metrics
-- scope: project
-- key: project_id

create table warehouse.aging_work as
with usual as (
    select
        project_id as project_id,
        count(*) as issues,
        quantile_disc(cycle_time_days, 0.85) as days
    from warehouse.issue_flow
    where is_counted and delivered and cycle_time_days is not null
    group by project_id
)
select
    flow.project_id::varchar as project_id,
    flow.project_key::varchar as project_key,
    flow.jira_id::varchar as jira_id,
    flow.jira_key::varchar as jira_key,
    flow.url::varchar as url,
    flow.issue_type::varchar as issue_type,
    statuses.place::integer as place,
    flow.status_id::varchar as status_id,
    flow.status::varchar as status,
    flow.status_category::varchar as status_category,
    flow.assignee_id::varchar as assignee_id,
    members.display_name::varchar as assignee,
    flow.team::varchar as team,
    flow.started_on::date as started_on,
    flow.age_days::integer as age_days,
    date_diff('day', local_day(flow.updated_at), settings.as_of)::integer as days_since_change,
    statuses.age_p50::integer as age_p50,
    statuses.age_p70::integer as age_p70,
    statuses.age_p85::integer as age_p85,
    statuses.age_p95::integer as age_p95,
    case when usual.issues >= 5 then usual.days end::integer as cycle_time_p85,
    case when usual.issues >= 5 then flow.age_days > usual.days end::boolean as is_overdue
from warehouse.issue_flow as flow
inner join warehouse.metric_settings as settings on flow.project_id = settings.project_id
left join warehouse.status_times as statuses
    on flow.project_id = statuses.project_id and flow.status_id = statuses.status_id
left join usual on flow.project_id = usual.project_id
left join warehouse.team_members as members on flow.assignee_id = members.member_id
where flow.is_counted and flow.age_days is not null;

comment on table warehouse.aging_work is 'Work in progress, with the ages at which delivered issues left the same status';
comment on column warehouse.aging_work.project_id is 'Id of the project';
comment on column warehouse.aging_work.project_key is 'Key of the project today';
comment on column warehouse.aging_work.jira_id is 'Id of the issue';
comment on column warehouse.aging_work.jira_key is 'Key of the issue today';
comment on column warehouse.aging_work.url is 'Address of the issue in Jira';
comment on column warehouse.aging_work.issue_type is 'Name of its type';
comment on column warehouse.aging_work.place is 'Place of its status in the workflow, as in status_times';
comment on column warehouse.aging_work.status_id is 'Id of its status today';
comment on column warehouse.aging_work.status is 'Name of that status';
comment on column warehouse.aging_work.status_category is 'new, indeterminate or done';
comment on column warehouse.aging_work.assignee_id is 'Team member it is assigned to';
comment on column warehouse.aging_work.assignee is 'Name of that member';
comment on column warehouse.aging_work.team is 'Its team today, as in jira_issues';
comment on column warehouse.aging_work.started_on is 'Day of its start, in the time zone of the settings';
comment on column warehouse.aging_work.age_days is 'Calendar days since its start, both included';
comment on column warehouse.aging_work.days_since_change is 'Calendar days since its last change in Jira';
comment on column warehouse.aging_work.age_p50 is 'Age at which half of the delivered issues had left this status; null under 5 issues: not enough data';
comment on column warehouse.aging_work.age_p70 is 'The same for 70 %';
comment on column warehouse.aging_work.age_p85 is 'The same for 85 %';
comment on column warehouse.aging_work.age_p95 is 'The same for 95 %';
comment on column warehouse.aging_work.cycle_time_p85 is 'Cycle time within which 85 % of the issues of the project were delivered; null under 5 issues';
comment on column warehouse.aging_work.is_overdue is 'Whether it is older than that';
