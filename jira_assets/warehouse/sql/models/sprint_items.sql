-- group: metrics
-- scope: project
-- key: project_id
-- parts: jira_id of warehouse.issue_estimate_spans, warehouse.issue_flow, warehouse.issue_sprint_spans, warehouse.issue_status_spans

-- What was in the sprint at a moment is what was put in by then and not taken out by then. A sprint that is open ends
-- at infinity, which is the present. As in Jira's own chart, what was Done when the sprint started is no work of it.
create table warehouse.sprint_items as
with sprints as (
    select
        sprint_id as sprint_id,
        started_at as started_at,
        case when state = 'closed' then coalesce(completed_at, ended_at) else 'infinity'::timestamp end as ended_at
    from warehouse.jira_sprints
    where state in ('active', 'closed') and started_at is not null
),
items as (
    select
        spans.sprint_id as sprint_id,
        spans.jira_id as jira_id,
        any_value(flow.project_id) as project_id,
        any_value(sprints.started_at) as started_at,
        any_value(sprints.ended_at) as ended_at,
        bool_or(
            spans.entered_at <= sprints.started_at and (spans.left_at is null or spans.left_at > sprints.started_at)
        ) as in_at_start,
        bool_or(
            spans.entered_at <= sprints.ended_at and (spans.left_at is null or spans.left_at > sprints.ended_at)
        ) as in_at_end
    from warehouse.issue_sprint_spans as spans
    inner join sprints on spans.sprint_id = sprints.sprint_id
    inner join warehouse.issue_flow as flow on spans.jira_id = flow.jira_id
    where
        flow.is_counted
        and coalesce(flow.hierarchy_level, 0) >= 0
        and len(flow.flags) = 0
        and sprints.started_at <= sprints.ended_at
        and spans.entered_at <= sprints.ended_at
        and (spans.left_at is null or spans.left_at > sprints.started_at)
    group by spans.sprint_id, spans.jira_id
),
estimates as (
    select
        items.sprint_id as sprint_id,
        items.jira_id as jira_id,
        max(spans.story_points) filter (
            where spans.entered_at <= items.started_at and (spans.left_at is null or spans.left_at > items.started_at)
        ) as at_start,
        max(spans.story_points) filter (
            where spans.entered_at <= items.ended_at and (spans.left_at is null or spans.left_at > items.ended_at)
        ) as at_end
    from items
    inner join warehouse.issue_estimate_spans as spans on items.jira_id = spans.jira_id
    group by items.sprint_id, items.jira_id
),
dones as (
    select
        items.sprint_id as sprint_id,
        items.jira_id as jira_id,
        bool_or(spans.entered_at < items.started_at and (spans.left_at is null or spans.left_at >= items.started_at))
        and bool_or(
            spans.entered_at <= items.started_at and (spans.left_at is null or spans.left_at > items.started_at)
        ) as at_start,
        bool_or(
            spans.entered_at <= items.ended_at and (spans.left_at is null or spans.left_at > items.ended_at)
        ) as at_end
    from items
    inner join warehouse.issue_status_spans as spans
        on items.jira_id = spans.jira_id and spans.status_category = 'done'
    group by items.sprint_id, items.jira_id
),
judged as (
    select
        items.sprint_id as sprint_id,
        items.jira_id as jira_id,
        items.project_id as project_id,
        items.ended_at as ended_at,
        items.in_at_start as in_at_start,
        items.in_at_end as in_at_end,
        estimates.at_start as points_at_start,
        estimates.at_end as points_at_end,
        coalesce(dones.at_start, false) as done_at_start,
        coalesce(dones.at_end, false) as done_at_end
    from items
    left join estimates on items.sprint_id = estimates.sprint_id and items.jira_id = estimates.jira_id
    left join dones on items.sprint_id = dones.sprint_id and items.jira_id = dones.jira_id
)
select
    sprint_id::varchar as sprint_id,
    jira_id::varchar as jira_id,
    project_id::varchar as project_id,
    in_at_start::boolean as in_at_start,
    in_at_end::boolean as in_at_end,
    case when in_at_start then points_at_start end::double as points_at_start,
    case when in_at_end then points_at_end end::double as points_at_end,
    done_at_start::boolean as done_at_start,
    done_at_end::boolean as done_at_end,
    (in_at_start and not done_at_start)::boolean as is_committed,
    (in_at_end and done_at_end and not done_at_start)::boolean as is_completed,
    (in_at_end and done_at_end and done_at_start)::boolean as is_completed_before,
    (in_at_end and not done_at_end)::boolean as is_carried_over,
    (
        in_at_end
        and not done_at_end
        and coalesce(
            bool_or(in_at_end and not done_at_end) over (
                partition by jira_id
                order by ended_at, sprint_id
                rows between unbounded preceding and 1 preceding
            ),
            false
        )
    )::boolean as is_carried_over_again
from judged;

comment on table warehouse.sprint_items is 'Issues that were in a sprint while it ran, as they were at its start and at its end';
comment on column warehouse.sprint_items.sprint_id is 'Id of the sprint';
comment on column warehouse.sprint_items.jira_id is 'Id of the issue';
comment on column warehouse.sprint_items.project_id is 'Id of its project';
comment on column warehouse.sprint_items.in_at_start is 'Whether it was in the sprint when that started';
comment on column warehouse.sprint_items.in_at_end is 'Whether it was in the sprint when that was closed, or is in it now';
comment on column warehouse.sprint_items.points_at_start is 'Its estimate when the sprint started, if it was in it then';
comment on column warehouse.sprint_items.points_at_end is 'Its estimate when the sprint was closed, or now, if it was in it then';
comment on column warehouse.sprint_items.done_at_start is 'Whether it was Done before the sprint started, and when it did';
comment on column warehouse.sprint_items.done_at_end is 'Whether it was Done when the sprint was closed, or is now';
comment on column warehouse.sprint_items.is_committed is 'Whether it was in the sprint and not Done when that started';
comment on column warehouse.sprint_items.is_completed is 'Whether it was in the sprint and Done at the end, and not Done at the start';
comment on column warehouse.sprint_items.is_completed_before is 'Whether it was in the sprint and Done at the end, and had been Done at the start';
comment on column warehouse.sprint_items.is_carried_over is 'Whether it was in the sprint and not Done at the end';
comment on column warehouse.sprint_items.is_carried_over_again is 'Whether it had also been carried over from an earlier sprint';
