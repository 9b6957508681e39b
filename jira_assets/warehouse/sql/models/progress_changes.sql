-- group: metrics
-- scope: project
-- key: project_id
-- parts: project_id of warehouse.issue_flow, warehouse.issue_version_spans, warehouse.issue_parent_spans, warehouse.issue_status_spans, warehouse.issue_estimate_spans

-- Issues of several projects may be in one epic: each project has its part, and the parts add up.
create table warehouse.progress_changes as
with items as (
    select
        flow.jira_id as jira_id,
        flow.project_id as project_id,
        not list_contains(flow.flags, 'estimate') as has_points,
        settings.as_of as as_of
    from warehouse.issue_flow as flow
    inner join warehouse.metric_settings as settings on flow.project_id = settings.project_id
    where flow.is_counted and not flow.is_left_out
),
members as (
    select
        spans.kind as kind,
        spans.subject_id as subject_id,
        items.project_id as project_id,
        items.jira_id as jira_id,
        items.has_points as has_points,
        items.as_of as as_of,
        spans.entered_at as entered_at,
        spans.left_at as left_at
    from (
        select
            'version' as kind,
            version_id as subject_id,
            jira_id as jira_id,
            entered_at as entered_at,
            left_at as left_at
        from warehouse.issue_version_spans
        union all
        select
            'epic' as kind,
            parent_id as subject_id,
            jira_id as jira_id,
            entered_at as entered_at,
            left_at as left_at
        from warehouse.issue_parent_spans
    ) as spans
    inner join items on spans.jira_id = items.jira_id
),
-- While an issue belonged and was done; a least of a null and a time is the time.
done as (
    select
        members.* replace (
            greatest(members.entered_at, spans.entered_at) as entered_at,
            least(members.left_at, spans.left_at) as left_at
        )
    from members
    inner join warehouse.issue_status_spans as spans on members.jira_id = spans.jira_id
    where
        spans.status_category = 'done'
        and (spans.left_at is null or spans.left_at > members.entered_at)
        and (members.left_at is null or members.left_at > spans.entered_at)
),
estimated as (
    select
        members.*,
        false as is_done
    from members
    where has_points
    union all
    select
        done.*,
        true as is_done
    from done
    where has_points
),
points as (
    select
        estimated.* replace (
            greatest(estimated.entered_at, spans.entered_at) as entered_at,
            least(estimated.left_at, spans.left_at) as left_at
        ),
        spans.story_points as story_points
    from estimated
    inner join warehouse.issue_estimate_spans as spans on estimated.jira_id = spans.jira_id
    where
        (spans.left_at is null or spans.left_at > estimated.entered_at)
        and (estimated.left_at is null or estimated.left_at > spans.entered_at)
),
spans as (
    select kind, subject_id, project_id, as_of, entered_at, left_at, 1 as scope, 0 as done, 0 as scope_points, 0 as done_points
    from members
    union all
    select kind, subject_id, project_id, as_of, entered_at, left_at, 0 as scope, 1 as done, 0 as scope_points, 0 as done_points
    from done
    union all
    select
        kind,
        subject_id,
        project_id,
        as_of,
        entered_at,
        left_at,
        0 as scope,
        0 as done,
        case when is_done then 0 else story_points end as scope_points,
        case when is_done then story_points else 0 end as done_points
    from points
),
steps as (
    select *, entered_at as moment, 1 as step from spans
    union all
    select *, left_at as moment, -1 as step from spans where left_at is not null
)
select
    project_id::varchar as project_id,
    kind::varchar as kind,
    subject_id::varchar as subject_id,
    date_trunc('week', least(local_day(moment), as_of))::date as week,
    sum(greatest(step, 0) * scope)::bigint as added,
    sum(greatest(-step, 0) * scope)::bigint as removed,
    sum(step * done)::bigint as done,
    -- Rounded: the last digits of a sum depend on the order in which threads add it up.
    round(sum(step * scope_points), 6)::double as scope_points,
    round(sum(step * done_points), 6)::double as done_points
from steps
group by project_id, kind, subject_id, date_trunc('week', least(local_day(moment), as_of));

comment on table warehouse.progress_changes is 'By how much the issues of each epic and version changed in each week, with a row for each project whose issues belong to it: rows add up';
comment on column warehouse.progress_changes.project_id is 'Id of the project of the issues';
comment on column warehouse.progress_changes.kind is 'epic or version';
comment on column warehouse.progress_changes.subject_id is 'Id of the epic (jira_id) or of the version';
comment on column warehouse.progress_changes.week is 'Monday of the week, in the time zone of the settings';
comment on column warehouse.progress_changes.added is 'Times an issue came to it, by its creation or by a change';
comment on column warehouse.progress_changes.removed is 'Times an issue left it';
comment on column warehouse.progress_changes.done is 'Issues of it that became done or came to it done, less those reopened or removed';
comment on column warehouse.progress_changes.scope_points is 'By how much the estimates of its issues changed, with those that came and left';
comment on column warehouse.progress_changes.done_points is 'The same for its issues that are done';
