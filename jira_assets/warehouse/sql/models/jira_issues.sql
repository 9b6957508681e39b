-- group: issues
-- scope: project
-- key: project_id
-- parts: jira_id of lake.jira_issues, lake.present, warehouse.jira_issue_sprints

create table warehouse.jira_issues as
with shared_statuses as (
    select
        status_id,
        status,
        status_category
    from warehouse.jira_statuses
    where project_id is null
),
own_statuses as (
    select
        status_id,
        status,
        status_category,
        project_id
    from warehouse.jira_statuses
    where project_id is not null
),
members as (
    select distinct on (matches.project, matches.account_id)
        matches.project as project,
        matches.account_id as account_id,
        matches.member_id as member_id,
        member.team as team
    from lake.jira_user_matches as matches
    left join given.team_members as member on matches.member_id = member.member_id
)
select
    issue.jira_id::varchar as jira_id,
    keys.jira_key::varchar as jira_key,
    (site_url(issue.jira_id) || '/browse/' || keys.jira_key)::varchar as url,
    site_of(issue.project)::varchar as site,
    issue.project::varchar as project_id,
    keys.project_key::varchar as project_key,
    issue.summary::varchar as summary,
    issue.issue_type::varchar as issue_type,
    issue.issue_type_id::varchar as issue_type_id,
    issue.hierarchy_level::integer as hierarchy_level,
    issue.is_subtask::boolean as is_subtask,
    case when parents.is_gone is not true then issue.parent_id end::varchar as parent_id,
    case when parents.is_gone is not true then coalesce(parents.jira_key, issue.parent_key) end::varchar as parent_key,
    case when parents.is_gone then parents.last_key end::varchar as former_parent_key,
    coalesce(own_statuses.status, shared_statuses.status, issue.status)::varchar as status,
    issue.status_id::varchar as status_id,
    coalesce(own_statuses.status_category, shared_statuses.status_category, issue.status_category)::varchar
        as status_category,
    issue.priority::varchar as priority,
    issue.resolution::varchar as resolution,
    issue.resolution_id::varchar as resolution_id,
    issue.assignee_account_id::varchar as assignee_account_id,
    members.member_id::varchar as assignee_id,
    members.team::varchar as assignee_team,
    issue.jira_team_id::varchar as jira_team_id,
    coalesce(teams.jira_team, issue.jira_team)::varchar as jira_team,
    case {team_from}
        when 'jira' then coalesce(teams.jira_team, issue.jira_team, members.team)
        else coalesce(members.team, teams.jira_team, issue.jira_team)
    end::varchar as team,
    issue.reporter_account_id::varchar as reporter_account_id,
    issue.creator_account_id::varchar as creator_account_id,
    issue.story_points::double as story_points,
    sprints.sprint_id::varchar as sprint_id,
    sprints.sprint_name::varchar as sprint_name,
    issue.labels::varchar[] as labels,
    case
        when cardinality(renamed.components) = 0 then issue.components
        else list_transform(
            issue.components,
            lambda name, place: coalesce(element_at(renamed.components, issue.component_ids[place])[1], name)
        )
    end::varchar[] as components,
    case
        when cardinality(renamed.versions) = 0 then issue.fix_versions
        else list_transform(
            issue.fix_versions,
            lambda name, place: coalesce(element_at(renamed.versions, issue.fix_version_ids[place])[1], name)
        )
    end::varchar[] as fix_versions,
    issue.issue_created_at::timestamp as issue_created_at,
    issue.updated_at::timestamp as updated_at,
    issue.resolved_at::timestamp as resolved_at,
    issue.due_date::date as due_date,
    round(date_diff('millisecond', issue.issue_created_at, issue.resolved_at) / 3600000.0, 2)::double
        as cycle_time_hours,
    issue.synced_at::timestamp as synced_at{extra_columns}
from lake.jira_issues as issue
inner join lake.present as keys on issue.jira_id = keys.jira_id and issue.project = keys.project
left join lake.parents as parents on issue.parent_id = parents.jira_id
left join own_statuses on issue.status_id = own_statuses.status_id and issue.project = own_statuses.project_id
left join shared_statuses on issue.status_id = shared_statuses.status_id
left join members on issue.project = members.project and issue.assignee_account_id = members.account_id
left join warehouse.jira_teams as teams on issue.jira_team_id = teams.jira_team_id
left join warehouse.jira_issue_sprints as sprints on issue.jira_id = sprints.jira_id and sprints.is_current
cross join lake.renamed as renamed
{extra_source};

comment on table warehouse.jira_issues is 'Current issues of the tracked projects, one row per issue';
comment on column warehouse.jira_issues.jira_id is 'Id of the issue in Jira; it never changes';
comment on column warehouse.jira_issues.jira_key is 'Key of the issue today';
comment on column warehouse.jira_issues.url is 'Address of the issue in Jira';
comment on column warehouse.jira_issues.site is 'Short name of its site; null for the first site until it is named';
comment on column warehouse.jira_issues.project_id is 'Id of its project';
comment on column warehouse.jira_issues.project_key is 'Key of its project today';
comment on column warehouse.jira_issues.summary is 'Its title';
comment on column warehouse.jira_issues.issue_type is 'Name of its type';
comment on column warehouse.jira_issues.issue_type_id is 'Id of its type';
comment on column warehouse.jira_issues.hierarchy_level is '-1 sub-task, 0 standard, 1 epic and above';
comment on column warehouse.jira_issues.is_subtask is 'Whether it is a sub-task';
comment on column warehouse.jira_issues.parent_id is 'Id of its parent; null if the parent is known to be deleted or not visible';
comment on column warehouse.jira_issues.parent_key is 'Current key of its parent, also if the parent moved to another project';
comment on column warehouse.jira_issues.former_parent_key is 'Last key of its parent, if the parent is known to be deleted or not visible';
comment on column warehouse.jira_issues.status is 'Name of its status today';
comment on column warehouse.jira_issues.status_id is 'Id of its status';
comment on column warehouse.jira_issues.status_category is 'new, indeterminate or done';
comment on column warehouse.jira_issues.priority is 'Name of its priority';
comment on column warehouse.jira_issues.resolution is 'Name of its resolution; null while unresolved';
comment on column warehouse.jira_issues.resolution_id is 'Id of the resolution; resolution names depend on the language of the connected account';
comment on column warehouse.jira_issues.assignee_account_id is 'Jira account it is assigned to';
comment on column warehouse.jira_issues.assignee_id is 'Team member that account belongs to';
comment on column warehouse.jira_issues.assignee_team is 'Team of that member';
comment on column warehouse.jira_issues.jira_team_id is 'Id of the team in the Team field of Jira; null if there is no such field';
comment on column warehouse.jira_issues.jira_team is 'Name of that team today, as in jira_teams';
comment on column warehouse.jira_issues.team is 'jira_team or assignee_team, whichever JIRA_ASSETS_TEAM_FROM puts first; the other one where that is null';
comment on column warehouse.jira_issues.reporter_account_id is 'Jira account that reported it';
comment on column warehouse.jira_issues.creator_account_id is 'Jira account that created it';
comment on column warehouse.jira_issues.story_points is 'Estimate from the story-point field of the project in jira_projects; null if there is none';
comment on column warehouse.jira_issues.sprint_id is 'Current sprint: the active one, otherwise the next one, otherwise the last one';
comment on column warehouse.jira_issues.sprint_name is 'Name of that sprint today';
comment on column warehouse.jira_issues.labels is 'Its labels';
comment on column warehouse.jira_issues.components is 'Names of its components today';
comment on column warehouse.jira_issues.fix_versions is 'Names of the versions it is fixed in, today';
comment on column warehouse.jira_issues.issue_created_at is 'When it was created, UTC';
comment on column warehouse.jira_issues.updated_at is 'When it last changed in Jira, UTC';
comment on column warehouse.jira_issues.resolved_at is 'When it was resolved, UTC; null while unresolved';
comment on column warehouse.jira_issues.due_date is 'When it is due';
comment on column warehouse.jira_issues.cycle_time_hours is 'Hours from issue_created_at to resolved_at; null while unresolved';
comment on column warehouse.jira_issues.synced_at is 'When this state was read from Jira, UTC';
{extra_comments}
