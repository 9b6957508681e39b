-- group: issues
-- scope: project
-- key: project_id
-- parts: jira_id of lake.jira_issues, lake.present, lake.jira_issue_fields, warehouse.jira_issue_sprints

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
),
-- Both fields have another id on every site.
board_fields as (
    select distinct
        field_id as field_id,
        schema_custom like '%:gh-lexo-rank' as is_rank
    from site.fields
    where
        schema_custom like '%:gh-lexo-rank' or is_flag_field(field_id)
),
flaggable as (
    select distinct prefix_of(field_id) as prefix
    from board_fields
    where not is_rank
),
on_boards as (
    select
        held.jira_id as jira_id,
        held.project as project,
        min(held.value::json ->> '$') filter (where board_fields.is_rank) as rank,
        coalesce(
            bool_or(json_array_length(held.value::json) > 0) filter (where not board_fields.is_rank), false
        ) as is_flagged
    from lake.jira_issue_fields as held
    inner join board_fields on held.field_id = board_fields.field_id
    group by held.jira_id, held.project
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
    issue.priority_id::varchar as priority_id,
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
    case
        when cardinality(renamed.versions) = 0 then issue.affects_versions
        else list_transform(
            issue.affects_versions,
            lambda name, place: coalesce(element_at(renamed.versions, issue.affects_version_ids[place])[1], name)
        )
    end::varchar[] as affects_versions,
    issue.environment::varchar as environment,
    issue.original_estimate_seconds::bigint as original_estimate_seconds,
    issue.remaining_estimate_seconds::bigint as remaining_estimate_seconds,
    issue.time_spent_seconds::bigint as time_spent_seconds,
    issue.total_original_estimate_seconds::bigint as total_original_estimate_seconds,
    issue.total_remaining_estimate_seconds::bigint as total_remaining_estimate_seconds,
    issue.total_time_spent_seconds::bigint as total_time_spent_seconds,
    issue.security_level_id::varchar as security_level_id,
    issue.security_level::varchar as security_level,
    issue.votes::bigint as votes,
    issue.watchers::bigint as watchers,
    case when flaggable.prefix is not null then coalesce(on_boards.is_flagged, false) end::boolean as is_flagged,
    on_boards.rank::varchar as rank,
    issue.issue_created_at::timestamp as issue_created_at,
    issue.updated_at::timestamp as updated_at,
    issue.status_category_changed_at::timestamp as status_category_changed_at,
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
left join flaggable on prefix_of(issue.jira_id) = flaggable.prefix
left join on_boards on issue.jira_id = on_boards.jira_id and issue.project = on_boards.project
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
comment on column warehouse.jira_issues.priority_id is 'Id of the priority; priority names depend on the language of the connected account';
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
comment on column warehouse.jira_issues.affects_versions is 'Names of the versions it is found in, today; null if Jira does not return that field';
comment on column warehouse.jira_issues.environment is 'Its environment as plain text';
comment on column warehouse.jira_issues.original_estimate_seconds is 'Estimate of its time tracking; null if there is none';
comment on column warehouse.jira_issues.remaining_estimate_seconds is 'Time that is left by its time tracking';
comment on column warehouse.jira_issues.time_spent_seconds is 'Time that was logged';
comment on column warehouse.jira_issues.total_original_estimate_seconds is 'original_estimate_seconds with those of its sub-tasks, as Jira adds them up';
comment on column warehouse.jira_issues.total_remaining_estimate_seconds is 'remaining_estimate_seconds with those of its sub-tasks';
comment on column warehouse.jira_issues.total_time_spent_seconds is 'time_spent_seconds with those of its sub-tasks';
comment on column warehouse.jira_issues.security_level_id is 'Id of its security level; null if everyone who sees the project sees it';
comment on column warehouse.jira_issues.security_level is 'Name of its security level';
comment on column warehouse.jira_issues.votes is 'Number of votes for it';
comment on column warehouse.jira_issues.watchers is 'Number of people who watch it';
comment on column warehouse.jira_issues.is_flagged is 'Whether it is flagged as an impediment; null if the site has no such field';
comment on column warehouse.jira_issues.rank is 'Place of the issue in backlogs and on boards: sorts as text, within one site';
comment on column warehouse.jira_issues.issue_created_at is 'When it was created, UTC';
comment on column warehouse.jira_issues.updated_at is 'When it last changed in Jira, UTC';
comment on column warehouse.jira_issues.status_category_changed_at is 'When its status last came into another category, UTC';
comment on column warehouse.jira_issues.resolved_at is 'When it was resolved, UTC; null while unresolved';
comment on column warehouse.jira_issues.due_date is 'When it is due';
comment on column warehouse.jira_issues.cycle_time_hours is 'Hours from issue_created_at to resolved_at; null while unresolved';
comment on column warehouse.jira_issues.synced_at is 'When this state was read from Jira, UTC';
{extra_comments}
