-- What every issue was at some instants, one a day. A field that ever changed in an issue is replayed, any other is as
-- today. The instants are named where they are needed, so that a filter on the day reaches all of them.
with issues as (
    select
        instants.instant as instant,
        instants.day as day,
        issues.*
    from ({instants}) as instants
    inner join {jira_issues} as issues on issues.issue_created_at <= instants.instant
),
spans as (
    from {issue_field_spans} as spans
    where
        spans.field_id in (
            'assignee', 'components', 'duedate', 'fixVersions', 'issuekey', 'issuetype', 'labels', 'parent', 'priority',
            'project', 'reporter', 'resolution', 'summary'
        )
),
changed as (
    select
        jira_id as jira_id,
        list(distinct field_id) as field_ids,
        list(distinct field_id) filter (where contradiction is not null) as contradicted
    from spans
    group by jira_id
),
field_values as (
    select
        spans.jira_id as jira_id,
        instants.day as day,
        max(spans.value_id) filter (where spans.field_id = 'assignee') as assignee_account_id,
        max(spans.value) filter (where spans.field_id = 'duedate') as due_date,
        max(spans.value) filter (where spans.field_id = 'issuekey') as jira_key,
        max(spans.value_id) filter (where spans.field_id = 'issuetype') as issue_type_id,
        max(spans.value) filter (where spans.field_id = 'issuetype') as issue_type,
        max(spans.value_id) filter (where spans.field_id = 'parent') as parent_id,
        max(spans.value_id) filter (where spans.field_id = 'priority') as priority_id,
        max(spans.value) filter (where spans.field_id = 'priority') as priority,
        max(spans.value_id) filter (where spans.field_id = 'project') as project_id,
        max(spans.value_id) filter (where spans.field_id = 'reporter') as reporter_account_id,
        max(spans.value_id) filter (where spans.field_id = 'resolution') as resolution_id,
        max(spans.value) filter (where spans.field_id = 'resolution') as resolution,
        max(spans.value) filter (where spans.field_id = 'summary') as summary,
        list(spans.value order by spans.value) filter (where spans.field_id = 'components') as components,
        list(spans.value order by spans.value) filter (where spans.field_id = 'fixVersions') as fix_versions,
        list(spans.value order by spans.value) filter (where spans.field_id = 'labels') as labels
    from ({instants}) as instants
    inner join spans
        on spans.entered_at <= instants.instant and (spans.left_at is null or spans.left_at > instants.instant)
    group by spans.jira_id, instants.day
),
-- The sprint that was active, else the next one, else the one that was closed last.
sprints as (
    select
        spans.jira_id as jira_id,
        instants.day as day,
        arg_max(
            row(spans.sprint_id, sprints.sprint_name),
            row(
                case
                    when sprints.completed_at <= instants.instant then 0
                    when sprints.started_at <= instants.instant then 2
                    else 1
                end,
                case
                    when sprints.completed_at <= instants.instant then epoch(sprints.completed_at)
                    when sprints.started_at <= instants.instant then epoch(sprints.started_at)
                    else - coalesce(epoch(sprints.started_at), 1e12)
                end,
                spans.sprint_id
            )
        ) as sprint
    from ({instants}) as instants
    inner join {issue_sprint_spans} as spans
        on spans.entered_at <= instants.instant and (spans.left_at is null or spans.left_at > instants.instant)
    left join {jira_sprints} as sprints on spans.sprint_id = sprints.sprint_id
    group by spans.jira_id, instants.day
),
flags as (
    select
        jira_id as jira_id,
        list(distinct replay) filter (where replay <> 'category') as replays
    from {issue_replay_flags}
    group by jira_id
)
select
    issues.day::date as day,
    issues.jira_id::varchar as jira_id,
    case when list_contains(changed.field_ids, 'issuekey') then field_values.jira_key else issues.jira_key end::varchar
        as jira_key,
    case when list_contains(changed.field_ids, 'project') then field_values.project_id else issues.project_id end::varchar
        as project_id,
    case when list_contains(changed.field_ids, 'summary') then field_values.summary else issues.summary end::varchar
        as summary,
    case when list_contains(changed.field_ids, 'issuetype') then field_values.issue_type else issues.issue_type end::varchar
        as issue_type,
    case
        when list_contains(changed.field_ids, 'issuetype') then field_values.issue_type_id else issues.issue_type_id
    end::varchar as issue_type_id,
    case when list_contains(changed.field_ids, 'parent') then field_values.parent_id else issues.parent_id end::varchar
        as parent_id,
    statuses.status_id::varchar as status_id,
    statuses.status::varchar as status,
    statuses.status_category::varchar as status_category,
    case when list_contains(changed.field_ids, 'priority') then field_values.priority_id else issues.priority_id end::varchar
        as priority_id,
    case when list_contains(changed.field_ids, 'priority') then field_values.priority else issues.priority end::varchar
        as priority,
    case
        when list_contains(changed.field_ids, 'resolution') then field_values.resolution_id else issues.resolution_id
    end::varchar as resolution_id,
    case when list_contains(changed.field_ids, 'resolution') then field_values.resolution else issues.resolution end::varchar
        as resolution,
    case
        when list_contains(changed.field_ids, 'assignee') then field_values.assignee_account_id
        else issues.assignee_account_id
    end::varchar as assignee_account_id,
    case
        when list_contains(changed.field_ids, 'reporter') then field_values.reporter_account_id
        else issues.reporter_account_id
    end::varchar as reporter_account_id,
    estimates.story_points::double as story_points,
    struct_extract_at(sprints.sprint, 1)::varchar as sprint_id,
    struct_extract_at(sprints.sprint, 2)::varchar as sprint_name,
    coalesce(
        case when list_contains(changed.field_ids, 'labels') then field_values.labels else list_sort(issues.labels) end, []
    )::varchar[] as labels,
    coalesce(
        case
            when list_contains(changed.field_ids, 'components') then field_values.components
            else list_sort(issues.components)
        end,
        []
    )::varchar[] as components,
    coalesce(
        case
            when list_contains(changed.field_ids, 'fixVersions') then field_values.fix_versions
            else list_sort(issues.fix_versions)
        end,
        []
    )::varchar[] as fix_versions,
    case
        when list_contains(changed.field_ids, 'duedate') then try_cast(field_values.due_date as date) else issues.due_date
    end::date as due_date,
    issues.issue_created_at::timestamp as issue_created_at,
    list_sort(list_distinct(list_concat(coalesce(changed.contradicted, []), coalesce(flags.replays, []))))::varchar[]
        as contradicted
from issues
left join changed on issues.jira_id = changed.jira_id
left join field_values on issues.jira_id = field_values.jira_id and issues.day = field_values.day
left join {issue_status_spans} as statuses
    on
        issues.jira_id = statuses.jira_id
        and statuses.entered_at <= issues.instant
        and (statuses.left_at is null or statuses.left_at > issues.instant)
left join {issue_estimate_spans} as estimates
    on
        issues.jira_id = estimates.jira_id
        and estimates.entered_at <= issues.instant
        and (estimates.left_at is null or estimates.left_at > issues.instant)
left join sprints on issues.jira_id = sprints.jira_id and issues.day = sprints.day
left join flags on issues.jira_id = flags.jira_id
