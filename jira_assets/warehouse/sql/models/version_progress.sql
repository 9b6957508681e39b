-- group: metrics
-- scope: view

create view warehouse.version_progress as
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
    where kind = 'version'
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
        spans.version_id as subject_id,
        count(*) filter (where flow.is_left_out) as left_out,
        count(*) filter (where not flow.is_left_out) as points_left_out
    from issue_version_spans as spans
    inner join issue_flow as flow on spans.jira_id = flow.jira_id
    where
        spans.left_at is null
        and flow.is_counted
        and (flow.is_left_out or list_contains(flow.flags, 'estimate'))
    group by spans.version_id
)
select
    series.subject_id::varchar as version_id,
    versions.version::varchar as version,
    versions.project_id::varchar as project_id,
    projects.project_key::varchar as project_key,
    versions.release_date::date as release_date,
    (not versions.is_released and not versions.is_archived)::boolean as is_open,
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
inner join jira_versions as versions on series.subject_id = versions.version_id
inner join jira_projects as projects on versions.project_id = projects.project_id
left join excluded on series.subject_id = excluded.subject_id;

comment on view warehouse.version_progress is 'Scope and done of each version at the end of each week in which they changed, replayed from the changes of its issues; the last row has those of today';
comment on column warehouse.version_progress.version_id is 'Id of the version';
comment on column warehouse.version_progress.version is 'Name of the version today';
comment on column warehouse.version_progress.project_id is 'Id of its project';
comment on column warehouse.version_progress.project_key is 'Key of that project today';
comment on column warehouse.version_progress.release_date is 'The day on which it was released or is to be released; null if none is set';
comment on column warehouse.version_progress.is_open is 'Whether it is neither released nor archived';
comment on column warehouse.version_progress.week is 'Monday of the week, in the time zone of the settings';
comment on column warehouse.version_progress.added is 'Times an issue came to it in the week, by its creation or by a change';
comment on column warehouse.version_progress.removed is 'Times an issue left it in the week';
comment on column warehouse.version_progress.scope_issues is 'Issues of it at the end of the week, or now';
comment on column warehouse.version_progress.done_issues is 'Of those, issues that were Done, with any resolution';
comment on column warehouse.version_progress.share_done is 'done_issues / scope_issues; null without issues';
comment on column warehouse.version_progress.scope_points is 'Estimates of its issues at that time';
comment on column warehouse.version_progress.done_points is 'Of those, estimates of issues that were Done';
comment on column warehouse.version_progress.share_points_done is 'done_points / scope_points; null without estimates';
comment on column warehouse.version_progress.left_out is 'Issues of it today excluded from these figures; issue_replay_flags has the reasons';
comment on column warehouse.version_progress.points_left_out is 'Issues of it today excluded from the points only, because their changes contradict their estimate';
