-- A sprint comes as an object, or, from older sites, as the text of a Java object. Names and goals may hold commas,
-- brackets and bars, so that text is cut at the keys it is known to have.
with listed as (
    select
        project,
        jira_id,
        updated_at,
        asked_at,
        unnest(
            case json_type(sprints)
                when 'ARRAY' then from_json(sprints, '["JSON"]')
                when 'OBJECT' then [sprints]
                when 'VARCHAR' then [sprints]
            end
        ) as sprint
    from (
        select
            project,
            jira_id,
            updated_at,
            asked_at,
            {sprints} as sprints
        from {stage}
    )
    where sprints is not null
),
modern as (
    select
        project,
        jira_id,
        updated_at,
        asked_at,
        from_json(
            sprint,
            '{{"id": "VARCHAR", "name": "VARCHAR", "state": "VARCHAR", "boardId": "VARCHAR",
               "originBoardId": "VARCHAR", "goal": "VARCHAR", "startDate": "VARCHAR", "endDate": "VARCHAR",
               "completeDate": "VARCHAR"}}'
        ) as part
    from listed
    where json_type(sprint) = 'OBJECT'
),
legacy as (
    select
        project,
        jira_id,
        updated_at,
        asked_at,
        regexp_extract(sprint ->> '$', '\[(.*)\]', 1, 's') as body
    from listed
    where json_type(sprint) = 'VARCHAR'
),
parts as (
    select
        project,
        jira_id,
        updated_at,
        asked_at,
        part.id as sprint_id,
        part.name as sprint_name,
        part.state as state,
        coalesce(part.boardid, part.originboardid) as board_id,
        part.goal as goal,
        part.startdate as started_at,
        part.enddate as ended_at,
        part.completedate as completed_at
    from modern
    union all
    select
        project as project,
        jira_id as jira_id,
        updated_at as updated_at,
        asked_at as asked_at,
        {legacy_parts}
    from legacy
)
select distinct on (project, jira_id, sprint_id)
    project,
    jira_id::varchar as jira_id,
    sprint_id::varchar as sprint_id,
    nullif(sprint_name, '')::varchar as sprint_name,
    lower(nullif(state, ''))::varchar as state,
    nullif(board_id, '')::varchar as board_id,
    nullif(goal, '')::varchar as goal,
    utc_time(started_at)::timestamp as started_at,
    utc_time(ended_at)::timestamp as ended_at,
    utc_time(completed_at)::timestamp as completed_at,
    updated_at::timestamp as updated_at,
    -- Jira writes the sprint as it is when asked, not as it was when the issue changed.
    asked_at::timestamp as copied_at
from parts
where nullif(sprint_id, '') is not null
