-- group: issues
-- scope: project
-- key: jira_id
-- parts: jira_id of lake.jira_issue_sprints

create table warehouse.jira_issue_sprints as
select
    membership.jira_id::varchar as jira_id,
    membership.sprint_id::varchar as sprint_id,
    sprints.sprint_name::varchar as sprint_name,
    sprints.state::varchar as state,
    sprints.board_id::varchar as board_id,
    sprints.goal::varchar as goal,
    sprints.started_at::timestamp as started_at,
    sprints.ended_at::timestamp as ended_at,
    sprints.completed_at::timestamp as completed_at,
    (
        -- The active one, else the next future one, else the one that ended last.
        row_number() over (
            partition by membership.jira_id
            order by
                case sprints.state when 'active' then 0 when 'future' then 1 else 2 end asc,
                case sprints.state when 'future' then sprints.started_at end asc nulls last,
                case sprints.state when 'future' then id_number(membership.sprint_id) end asc nulls last,
                case sprints.state when 'active' then sprints.started_at end desc nulls last,
                coalesce(sprints.completed_at, sprints.ended_at) desc nulls last,
                sprints.ended_at desc nulls last,
                id_number(membership.sprint_id) desc nulls last,
                membership.sprint_id desc
        ) = 1
    )::boolean as is_current
from lake.jira_issue_sprints as membership
inner join warehouse.jira_sprints as sprints on membership.sprint_id = sprints.sprint_id
left join lake.moved as moved on membership.jira_id = moved.jira_id
where moved.jira_id is null or moved.home = membership.project;

comment on table warehouse.jira_issue_sprints is 'Sprints that each issue is in, or was in when the sprint was closed';
comment on column warehouse.jira_issue_sprints.jira_id is 'Id of the issue';
comment on column warehouse.jira_issue_sprints.sprint_id is 'Id of the sprint';
comment on column warehouse.jira_issue_sprints.sprint_name is 'Name of the sprint today';
comment on column warehouse.jira_issue_sprints.state is 'future, active or closed';
comment on column warehouse.jira_issue_sprints.board_id is 'Board on which the sprint was created';
comment on column warehouse.jira_issue_sprints.goal is 'Goal of the sprint';
comment on column warehouse.jira_issue_sprints.started_at is 'When it started, UTC';
comment on column warehouse.jira_issue_sprints.ended_at is 'When it is planned to end, UTC';
comment on column warehouse.jira_issue_sprints.completed_at is 'When it was closed, UTC';
comment on column warehouse.jira_issue_sprints.is_current is 'Whether jira_issues shows this sprint for the issue';
