-- group: people
-- scope: project
-- key: project_key

create table warehouse.jira_unmatched_users as
select
    coalesce(projects.project_key, unmatched.project_key)::varchar as project_key,
    unmatched.account_id::varchar as account_id,
    unmatched.display_name::varchar as display_name,
    unmatched.email::varchar as email,
    unmatched.account_type::varchar as account_type,
    unmatched.reason::varchar as reason,
    unmatched.candidates::varchar[] as candidates,
    coalesce(unmatched.suggestions, [])::varchar[] as suggestions,
    coalesce(unmatched.suggested_because, [])::varchar[] as suggested_because,
    coalesce(activity.assigned, 0)::bigint as issues_assigned,
    coalesce(activity.reported, 0)::bigint as issues_reported,
    unmatched.last_seen_at::timestamp as last_seen_at
from lake.jira_unmatched_users as unmatched
left join warehouse.jira_projects as projects on unmatched.project = projects.project_id
left join issues_by_account as activity
    on unmatched.project = activity.project_id and unmatched.account_id = activity.account_id;

comment on table warehouse.jira_unmatched_users is 'Jira accounts without a team member, and the reason';
comment on column warehouse.jira_unmatched_users.project_key is 'Key of the project';
comment on column warehouse.jira_unmatched_users.account_id is 'Jira account';
comment on column warehouse.jira_unmatched_users.display_name is 'Its name';
comment on column warehouse.jira_unmatched_users.email is 'Its e-mail address; null when hidden';
comment on column warehouse.jira_unmatched_users.account_type is 'atlassian, app or customer';
comment on column warehouse.jira_unmatched_users.reason is 'Reason why the account is not matched';
comment on column warehouse.jira_unmatched_users.candidates is 'Team members with exactly its name or address: more than one, or one that has another account';
comment on column warehouse.jira_unmatched_users.suggestions is 'Team members that resemble the account, most likely first; suggestions never match an account';
comment on column warehouse.jira_unmatched_users.suggested_because is 'Reason for each of these suggestions, in the same order';
comment on column warehouse.jira_unmatched_users.issues_assigned is 'Issues of the project assigned to it today';
comment on column warehouse.jira_unmatched_users.issues_reported is 'Issues of the project it reported';
comment on column warehouse.jira_unmatched_users.last_seen_at is 'When the newest of its issues changed, UTC';
