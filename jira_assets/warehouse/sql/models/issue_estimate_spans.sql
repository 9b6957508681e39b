-- group: metrics
-- scope: project
-- key: project_id
-- parts: jira_id of replayed_changes, warehouse.jira_issues

-- Only times with an estimate are here: what no span covers was not estimated then.
create table warehouse.issue_estimate_spans as
with changes as (
    select
        jira_id as jira_id,
        changed_at as changed_at,
        try_cast(coalesce(from_string, from_value) as double) as points_before,
        try_cast(coalesce(to_string, to_value) as double) as points,
        row_number() over history as step,
        lead(changed_at) over history as left_at
    from replayed_changes
    where replay = 'estimate' and changed_at is not null
    window history as (partition by jira_id order by changed_at asc, change_number asc nulls last, change_id asc)
),
spans as (
    select
        jira_id as jira_id,
        points as points,
        changed_at as entered_at,
        left_at as left_at
    from changes
    union all
    select
        jira_id as jira_id,
        points_before as points,
        null as entered_at,
        changed_at as left_at
    from changes
    where step = 1
    union all
    select
        issues.jira_id as jira_id,
        issues.story_points as points,
        null as entered_at,
        null as left_at
    from warehouse.jira_issues as issues
    anti join changes on issues.jira_id = changes.jira_id
)
select
    spans.jira_id::varchar as jira_id,
    issues.project_id::varchar as project_id,
    spans.points::double as story_points,
    greatest(spans.entered_at, issues.issue_created_at)::timestamp as entered_at,
    case when spans.left_at is not null then greatest(spans.left_at, issues.issue_created_at) end::timestamp as left_at
from spans
inner join warehouse.jira_issues as issues on spans.jira_id = issues.jira_id
where spans.points is not null;

comment on table warehouse.issue_estimate_spans is 'Estimates of each issue over time, replayed from its changes since creation';
comment on column warehouse.issue_estimate_spans.jira_id is 'Id of the issue';
comment on column warehouse.issue_estimate_spans.project_id is 'Id of its project today';
comment on column warehouse.issue_estimate_spans.story_points is 'Estimate in the field that was chosen for the project';
comment on column warehouse.issue_estimate_spans.entered_at is 'When it was set, UTC';
comment on column warehouse.issue_estimate_spans.left_at is 'When it was changed or removed, UTC; null while it is set';
