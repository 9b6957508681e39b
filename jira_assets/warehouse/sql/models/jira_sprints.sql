-- group: site
-- scope: site

create table warehouse.jira_sprints as
with copies as (
    select
        sprint_id as sprint_id,
        arg_max(
            {{
                'sprint_name': sprint_name,
                'state': state,
                'board_id': board_id,
                'goal': goal,
                'started_at': started_at,
                'ended_at': ended_at,
                'completed_at': completed_at,
                'copied_at': copied_at
            }},
            row(copied_at, updated_at)
        ) as newest
    from {whole}.jira_issue_sprints
    group by sprint_id
),
listed as (
    select distinct on (sprint_id)
        sprint_id,
        sprint_name,
        state,
        board_id,
        goal,
        started_at,
        ended_at,
        completed_at,
        as_of
    from site.sprints
    where sprint_id is not null
    order by sprint_id, as_of desc
)
select
    coalesce(listed.sprint_id, copies.sprint_id)::varchar as sprint_id,
    coalesce(listed.sprint_name, copies.newest.sprint_name)::varchar as sprint_name,
    coalesce(listed.state, copies.newest.state)::varchar as state,
    coalesce(listed.board_id, copies.newest.board_id)::varchar as board_id,
    case when listed.sprint_id is not null then listed.goal else copies.newest.goal end::varchar as goal,
    case
        when listed.sprint_id is not null then listed.started_at else copies.newest.started_at
    end::timestamp as started_at,
    case when listed.sprint_id is not null then listed.ended_at else copies.newest.ended_at end::timestamp as ended_at,
    case
        when listed.sprint_id is not null then listed.completed_at else copies.newest.completed_at
    end::timestamp as completed_at,
    case when listed.sprint_id is not null then listed.as_of else copies.newest.copied_at end::timestamp as as_of,
    case when listed.sprint_id is not null then 'agile' else 'issue' end::varchar as source
from listed
full join copies on listed.sprint_id = copies.sprint_id;

comment on table warehouse.jira_sprints is 'Current state of the sprints';
comment on column warehouse.jira_sprints.sprint_id is 'Id of the sprint';
comment on column warehouse.jira_sprints.sprint_name is 'Name of the sprint';
comment on column warehouse.jira_sprints.state is 'future, active or closed';
comment on column warehouse.jira_sprints.board_id is 'Board on which it was created';
comment on column warehouse.jira_sprints.goal is 'Its goal';
comment on column warehouse.jira_sprints.started_at is 'When it started, UTC';
comment on column warehouse.jira_sprints.ended_at is 'When it is planned to end, UTC';
comment on column warehouse.jira_sprints.completed_at is 'When it was closed, UTC';
comment on column warehouse.jira_sprints.as_of is 'When Jira returned this version, UTC';
comment on column warehouse.jira_sprints.source is 'agile: from the list of sprints of a board; issue: from the newest issue that contains the sprint';
