-- group: people
-- scope: project
-- key: project_key

create table warehouse.jira_user_matches as
select
    coalesce(projects.project_key, matched.project_key)::varchar as project_key,
    matched.account_id::varchar as account_id,
    matched.display_name::varchar as display_name,
    matched.email::varchar as email,
    matched.member_id::varchar as member_id,
    matched.matched_by::varchar as matched_by,
    coalesce(activity.assigned, 0)::bigint as issues_assigned,
    coalesce(activity.reported, 0)::bigint as issues_reported
from lake.jira_user_matches as matched
left join warehouse.jira_projects as projects on matched.project = projects.project_id
left join issues_by_account as activity
    on matched.project = activity.project_id and matched.account_id = activity.account_id;

comment on table warehouse.jira_user_matches is 'Jira accounts of team members, for each project they were seen in';
comment on column warehouse.jira_user_matches.project_key is 'Key of the project';
comment on column warehouse.jira_user_matches.account_id is 'Jira account';
comment on column warehouse.jira_user_matches.display_name is 'Its name';
comment on column warehouse.jira_user_matches.email is 'Its e-mail address; null when hidden';
comment on column warehouse.jira_user_matches.member_id is 'The team member';
comment on column warehouse.jira_user_matches.matched_by is 'override, account_id, email or display_name';
comment on column warehouse.jira_user_matches.issues_assigned is 'Issues of the project assigned to it today';
comment on column warehouse.jira_user_matches.issues_reported is 'Issues of the project it reported';
