-- A value whose type does not fit becomes null, and `nulled` says which columns that happened to.
with issues as (
    select
        project,
        jira_id,
        jira_key,
        project_key,
        updated_at,
        asked_at,
        fields.summary as summary,
        fields.issuetype as issuetype,
        fields.status as status,
        fields.priority as priority,
        fields.resolution as resolution,
        fields.assignee as assignee,
        fields.reporter as reporter,
        fields.creator as creator,
        fields.parent as parent,
        fields.labels as labels,
        fields.components as components,
        fields.fixversions as fix_versions,
        fields.created as created,
        fields.updated as updated,
        fields.resolutiondate as resolved,
        fields.duedate as due,
        fields.environment as environment,
        {versions} as versions,
        {issuelinks} as issuelinks,
        {timeoriginalestimate} as original_estimate,
        {timeestimate} as remaining_estimate,
        {timespent} as time_spent,
        {aggregatetimeoriginalestimate} as total_original_estimate,
        {aggregatetimeestimate} as total_remaining_estimate,
        {aggregatetimespent} as total_time_spent,
        {security} as security,
        {votes} as votes,
        {watches} as watches,
        {statuscategorychangedate} as category_changed,
        {story_points} as story_points,
        {sprints} as sprints,
        {teams} as team
    from {stage}
),
typed as (
    select
        * exclude (labels, components, fix_versions),
        case when json_type(summary) not in ('OBJECT', 'ARRAY') then summary ->> '$' end as title,
        from_json(
            issuetype, '{{"id": "VARCHAR", "name": "VARCHAR", "subtask": "BOOLEAN", "hierarchyLevel": "INTEGER"}}'
        ) as kind,
        from_json(
            status, '{{"id": "VARCHAR", "name": "VARCHAR", "statusCategory": {{"key": "VARCHAR"}}}}'
        ) as state,
        from_json(priority, '{{"id": "VARCHAR", "name": "VARCHAR"}}') as urgency,
        from_json(resolution, '{{"id": "VARCHAR", "name": "VARCHAR"}}') as closed_as,
        [
            {{'role': 'assignee', 'person': from_json(assignee, {person})}},
            {{'role': 'reporter', 'person': from_json(reporter, {person})}},
            {{'role': 'creator', 'person': from_json(creator, {person})}}
        ] as people,
        people[1].person.accountid as assignee_id,
        people[2].person.accountid as reporter_id,
        people[3].person.accountid as creator_id,
        from_json(parent, '{{"id": "VARCHAR", "key": "VARCHAR"}}') as above,
        try_cast(story_points ->> '$' as double) as points,
        case when labels is null then [] else from_json(labels, '["VARCHAR"]') end as labels,
        case
            when components is null then []
            else list_filter(
                from_json(components, '[{{"id": "VARCHAR", "name": "VARCHAR"}}]'),
                lambda item: item.id is not null or item.name is not null
            )
        end as components,
        case
            when fix_versions is null then []
            else list_filter(
                from_json(fix_versions, '[{{"id": "VARCHAR", "name": "VARCHAR"}}]'),
                lambda item: item.id is not null or item.name is not null
            )
        end as fix_versions,
        list_filter(versions, lambda item: item.id is not null or item.name is not null) as affects_versions,
        case json_type(environment) when 'OBJECT' then plain_text(environment) when 'VARCHAR' then environment ->> '$' end
            as environment_text,
        utc_time(created ->> '$') as created_utc,
        utc_time(updated ->> '$') as updated_utc,
        utc_time(resolved ->> '$') as resolved_utc,
        calendar_day(due ->> '$') as due_on,
        -- The Team field is an object or, on some sites, the bare id; a field chosen by hand may be a list.
        case json_type(team) when 'ARRAY' then team -> '$[0]' else team end as first_team,
        case
            when json_type(first_team) = 'OBJECT' then from_json(
                first_team, '{{"id": "VARCHAR", "name": "VARCHAR", "title": "VARCHAR", "value": "VARCHAR"}}'
            )
        end as team_object,
        case when json_type(first_team) in ('VARCHAR', 'UBIGINT', 'BIGINT') then first_team ->> '$' end as team_id
    from issues
)
select
    project,
    jira_id::varchar as jira_id,
    jira_key::varchar as jira_key,
    project::varchar as project_id,
    project_key::varchar as project_key,
    title::varchar as summary,
    kind.name::varchar as issue_type,
    kind.id::varchar as issue_type_id,
    -- Sites that do not tell the level have the three that Jira began with.
    coalesce(
        kind.hierarchylevel,
        case when kind.subtask then -1 when lower(kind.name) = 'epic' then 1 when kind.name is not null then 0 end
    )::integer as hierarchy_level,
    coalesce(kind.subtask, kind.hierarchylevel < 0)::boolean as is_subtask,
    above.id::varchar as parent_id,
    above.key::varchar as parent_key,
    state.name::varchar as status,
    state.id::varchar as status_id,
    case
        when state.statuscategory.key in ('new', 'indeterminate', 'done') then state.statuscategory.key
        when state.statuscategory.key = 'undefined' then 'new'
    end::varchar as status_category,
    urgency.name::varchar as priority,
    urgency.id::varchar as priority_id,
    closed_as.name::varchar as resolution,
    closed_as.id::varchar as resolution_id,
    assignee_id::varchar as assignee_account_id,
    reporter_id::varchar as reporter_account_id,
    creator_id::varchar as creator_account_id,
    case when isfinite(points) then points end::double as story_points,
    nullif(trim(coalesce(team_object.id, team_id)), '')::varchar as jira_team_id,
    coalesce(
        nullif(trim(team_object.name), ''), nullif(trim(team_object.title), ''), nullif(trim(team_object.value), '')
    )::varchar as jira_team,
    labels::varchar[] as labels,
    list_transform(components, lambda item: item.id)::varchar[] as component_ids,
    list_transform(components, lambda item: item.name)::varchar[] as components,
    list_transform(fix_versions, lambda item: item.id)::varchar[] as fix_version_ids,
    list_transform(fix_versions, lambda item: item.name)::varchar[] as fix_versions,
    list_transform(affects_versions, lambda item: item.id)::varchar[] as affects_version_ids,
    list_transform(affects_versions, lambda item: item.name)::varchar[] as affects_versions,
    nullif(environment_text, '')::varchar as environment,
    original_estimate::bigint as original_estimate_seconds,
    remaining_estimate::bigint as remaining_estimate_seconds,
    time_spent::bigint as time_spent_seconds,
    total_original_estimate::bigint as total_original_estimate_seconds,
    total_remaining_estimate::bigint as total_remaining_estimate_seconds,
    total_time_spent::bigint as total_time_spent_seconds,
    security.id::varchar as security_level_id,
    security.name::varchar as security_level,
    votes.votes::bigint as votes,
    watches.watchcount::bigint as watchers,
    utc_time(category_changed)::timestamp as status_category_changed_at,
    -- Without the field it is not known which links there are; an empty list says that there is none.
    (issuelinks is not null)::boolean as shows_links,
    created_utc::timestamp as issue_created_at,
    coalesce(updated_at, updated_utc)::timestamp as updated_at,
    resolved_utc::timestamp as resolved_at,
    due_on::date as due_date,
    asked_at::timestamp as synced_at,
    -- As Jira described them then: `people_seen` is made from that. To erase a person, this table is derived again.
    list_filter(people, lambda part: part.person.accountid is not null) as people,
    list_filter(
        [
            case when summary is not null and title is null then 'summary' end,
            case when issuetype is not null and kind.id is null and kind.name is null then 'issue_type' end,
            case when status is not null and state.id is null and state.name is null then 'status' end,
            case when priority is not null and urgency.name is null then 'priority' end,
            case when resolution is not null and closed_as.id is null and closed_as.name is null then 'resolution' end,
            case when assignee is not null and assignee_id is null then 'assignee_account_id' end,
            case when reporter is not null and reporter_id is null then 'reporter_account_id' end,
            case when creator is not null and creator_id is null then 'creator_account_id' end,
            case when parent is not null and above.id is null and above.key is null then 'parent_id' end,
            case when story_points is not null and not coalesce(isfinite(points), false) then 'story_points' end,
            case
                when first_team is not null and coalesce(team_object.id, team_object.name, team_id) is null then 'jira_team'
            end,
            case when labels is null then 'labels' end,
            case when components is null then 'components' end,
            case when fix_versions is null then 'fix_versions' end,
            case when created is not null and created_utc is null then 'issue_created_at' end,
            case when updated is not null and updated_utc is null then 'updated_at' end,
            case when resolved is not null and resolved_utc is null then 'resolved_at' end,
            case when due is not null and due_on is null then 'due_date' end,
            -- A list that has a sprint for each of its elements, or one sprint by itself.
            case
                when len(
                    list_filter(
                        case when json_type(sprints) = 'ARRAY' then from_json(sprints, '["JSON"]') else [sprints] end,
                        lambda sprint: case json_type(sprint)
                            when 'OBJECT' then sprint ->> '$.id' is null
                            when 'VARCHAR' then not regexp_matches(sprint ->> '$', '[\[,]id=[^,\]<]')
                            else sprint is not null
                        end
                    )
                ) > 0 then 'sprints'
            end
        ],
        lambda name: name is not null
    )::varchar[] as nulled
from typed
