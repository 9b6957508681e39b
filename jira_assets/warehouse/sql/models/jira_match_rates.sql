-- group: people
-- scope: project
-- key: project_id

create table warehouse.jira_match_rates as
-- Whoever is nobody's by decision or by nature (apps, customers) is set aside; who was deleted did work, and counts.
with people as (
    select
        project_key,
        true as is_matched,
        false as is_set_aside,
        issues_assigned,
        issues_reported
    from warehouse.jira_user_matches
    union all by name
    select
        project_key,
        false as is_matched,
        reason = 'ignored' or account_type in ('app', 'customer') as is_set_aside,
        issues_assigned,
        issues_reported
    from warehouse.jira_unmatched_users
),
counted as (
    select
        project_key,
        count(*) filter (not is_set_aside) as accounts,
        count(*) filter (is_matched) as accounts_matched,
        count(*) filter (is_set_aside) as accounts_set_aside,
        sum(issues_assigned + issues_reported) filter (not is_set_aside) as activity,
        sum(issues_assigned + issues_reported) filter (is_matched) as activity_matched,
        sum(issues_assigned) filter (not is_set_aside) as issues_assigned,
        sum(issues_assigned) filter (is_matched) as issues_assigned_matched
    from people
    group by project_key
)
select
    projects.project_id::varchar as project_id,
    projects.project_key::varchar as project_key,
    coalesce(counted.accounts, 0)::bigint as accounts,
    coalesce(counted.accounts_matched, 0)::bigint as accounts_matched,
    coalesce(counted.accounts_set_aside, 0)::bigint as accounts_set_aside,
    coalesce(counted.activity, 0)::bigint as activity,
    coalesce(counted.activity_matched, 0)::bigint as activity_matched,
    round(coalesce(counted.activity_matched, 0) / nullif(counted.activity, 0), 4)::double as match_rate,
    coalesce(counted.issues_assigned, 0)::bigint as issues_assigned,
    coalesce(counted.issues_assigned_matched, 0)::bigint as issues_assigned_matched,
    round(coalesce(counted.issues_assigned_matched, 0) / nullif(counted.issues_assigned, 0), 4)::double
        as assignee_match_rate
from warehouse.jira_projects as projects
inner join counted on projects.project_key = counted.project_key
where projects.is_tracked;

comment on table warehouse.jira_match_rates is 'Share of the activity in each tracked project by accounts of team members';
comment on column warehouse.jira_match_rates.project_id is 'Id of the project';
comment on column warehouse.jira_match_rates.project_key is 'Key of the project';
comment on column warehouse.jira_match_rates.accounts is 'Accounts seen in it, without apps, customers and ignored accounts';
comment on column warehouse.jira_match_rates.accounts_matched is 'Of those, accounts that belong to a member';
comment on column warehouse.jira_match_rates.accounts_set_aside is 'Apps, customers and ignored accounts, counted separately';
comment on column warehouse.jira_match_rates.activity is 'Issues assigned to these accounts and issues they reported, summed';
comment on column warehouse.jira_match_rates.activity_matched is 'Part of that activity by accounts of members';
comment on column warehouse.jira_match_rates.match_rate is 'activity_matched / activity, 0 to 1; null if there is no activity';
comment on column warehouse.jira_match_rates.issues_assigned is 'Issues assigned to these accounts today';
comment on column warehouse.jira_match_rates.issues_assigned_matched is 'Of those, issues that have an assignee_id';
comment on column warehouse.jira_match_rates.assignee_match_rate is 'issues_assigned_matched / issues_assigned, 0 to 1; null when nothing is assigned';
