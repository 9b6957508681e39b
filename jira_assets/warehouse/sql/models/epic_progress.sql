-- group: metrics
-- scope: view

create view warehouse.epic_progress as
with changes as (
    select
        subject_id as subject_id,
        week as week,
        sum(added) as added,
        sum(removed) as removed,
        sum(done) as done,
        round(sum(scope_points), 6) as scope_points,
        round(sum(done_points), 6) as done_points
    from progress_changes
    where kind = 'epic'
    group by subject_id, week
),
series as (
    select
        subject_id as subject_id,
        week as week,
        added as added,
        removed as removed,
        sum(added - removed) over life as scope_issues,
        sum(done) over life as done_issues,
        round(sum(scope_points) over life, 6) as scope_points,
        round(sum(done_points) over life, 6) as done_points
    from changes
    window life as (partition by subject_id order by week)
),
excluded as (
    select
        spans.parent_id as subject_id,
        count(*) filter (where flow.is_left_out) as left_out,
        count(*) filter (where not flow.is_left_out) as points_left_out
    from issue_parent_spans as spans
    inner join issue_flow as flow on spans.jira_id = flow.jira_id
    where
        spans.left_at is null
        and flow.is_counted
        and (flow.is_left_out or list_contains(flow.flags, 'estimate'))
    group by spans.parent_id
)
select
    series.subject_id::varchar as epic_id,
    epics.jira_key::varchar as epic_key,
    epics.summary::varchar as summary,
    epics.project_id::varchar as project_id,
    epics.project_key::varchar as project_key,
    (coalesce(flow.status_category, epics.status_category) is distinct from 'done')::boolean as is_open,
    series.week::date as week,
    series.added::bigint as added,
    series.removed::bigint as removed,
    series.scope_issues::bigint as scope_issues,
    series.done_issues::bigint as done_issues,
    (series.done_issues / nullif(series.scope_issues, 0))::double as share_done,
    series.scope_points::double as scope_points,
    series.done_points::double as done_points,
    (series.done_points / nullif(series.scope_points, 0))::double as share_points_done,
    coalesce(excluded.left_out, 0)::bigint as left_out,
    coalesce(excluded.points_left_out, 0)::bigint as points_left_out
from series
inner join jira_issues as epics on series.subject_id = epics.jira_id
left join issue_flow as flow on epics.jira_id = flow.jira_id
left join excluded on series.subject_id = excluded.subject_id
where epics.hierarchy_level > 0;

comment on view warehouse.epic_progress is 'Scope and done of each epic at the end of each week in which they changed, replayed from the changes of its issues; the last row has those of today';
comment on column warehouse.epic_progress.epic_id is 'Id of the epic: an issue above the level of stories';
comment on column warehouse.epic_progress.epic_key is 'Key of the epic today';
comment on column warehouse.epic_progress.summary is 'Summary of the epic';
comment on column warehouse.epic_progress.project_id is 'Id of the project of the epic; its issues may be in others';
comment on column warehouse.epic_progress.project_key is 'Key of that project today';
comment on column warehouse.epic_progress.is_open is 'Whether the epic itself is not Done';
comment on column warehouse.epic_progress.week is 'Monday of the week, in the time zone of the settings';
comment on column warehouse.epic_progress.added is 'Times an issue came to it in the week, by its creation or by a change';
comment on column warehouse.epic_progress.removed is 'Times an issue left it in the week';
comment on column warehouse.epic_progress.scope_issues is 'Issues of it at the end of the week, or now';
comment on column warehouse.epic_progress.done_issues is 'Of those, issues that were Done, with any resolution';
comment on column warehouse.epic_progress.share_done is 'done_issues / scope_issues; null without issues';
comment on column warehouse.epic_progress.scope_points is 'Estimates of its issues at that time';
comment on column warehouse.epic_progress.done_points is 'Of those, estimates of issues that were Done';
comment on column warehouse.epic_progress.share_points_done is 'done_points / scope_points; null without estimates';
comment on column warehouse.epic_progress.left_out is 'Issues of it today excluded from these figures; issue_replay_flags has the reasons';
comment on column warehouse.epic_progress.points_left_out is 'Issues of it today excluded from the points only, because their changes contradict their estimate';
