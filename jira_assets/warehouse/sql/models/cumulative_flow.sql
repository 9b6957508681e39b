-- group: metrics
-- scope: project
-- key: project_id
-- parts: project_id of warehouse.issue_flow, warehouse.issue_status_spans

create table warehouse.cumulative_flow as
with moves as (
    select
        flow.project_id as project_id,
        flow.issue_type as issue_type,
        flow.team as team,
        least(local_day(spans.entered_at), settings.as_of) as day,
        spans.status_category as category,
        spans.previous_category as previous
    from warehouse.issue_status_spans as spans
    inner join warehouse.issue_flow as flow on spans.jira_id = flow.jira_id
    inner join warehouse.metric_settings as settings on flow.project_id = settings.project_id
    where flow.is_counted and not flow.is_left_out
),
changes as (
    select
        project_id as project_id,
        issue_type as issue_type,
        team as team,
        day as day,
        count(*) filter (where category = 'new') - count(*) filter (where previous = 'new') as to_do,
        count(*) filter (where category = 'indeterminate') - count(*) filter (where previous = 'indeterminate')
            as in_progress,
        count(*) filter (where category = 'done') - count(*) filter (where previous = 'done') as done
    from moves
    where category is distinct from previous
    group by project_id, issue_type, team, day
),
days as (
    select
        changes.project_id as project_id,
        changes.issue_type as issue_type,
        changes.team as team,
        unnest(generate_series(min(changes.day), any_value(settings.as_of), interval 1 day))::date as day
    from changes
    inner join warehouse.metric_settings as settings on changes.project_id = settings.project_id
    group by changes.project_id, changes.issue_type, changes.team
),
left_out as (
    select
        project_id as project_id,
        issue_type as issue_type,
        team as team,
        count(*) as issues
    from warehouse.issue_flow
    where is_counted and is_left_out
    group by project_id, issue_type, team
)
select
    days.project_id::varchar as project_id,
    settings.project_key::varchar as project_key,
    days.issue_type::varchar as issue_type,
    days.team::varchar as team,
    days.day::date as day,
    (sum(coalesce(changes.to_do, 0)) over life)::bigint as to_do,
    (sum(coalesce(changes.in_progress, 0)) over life)::bigint as in_progress,
    (sum(coalesce(changes.done, 0)) over life)::bigint as done,
    coalesce(left_out.issues, 0)::bigint as left_out
from days
inner join warehouse.metric_settings as settings on days.project_id = settings.project_id
left join changes
    on
        days.project_id = changes.project_id
        and days.day = changes.day
        and days.issue_type is not distinct from changes.issue_type
        and days.team is not distinct from changes.team
left join left_out
    on
        days.project_id = left_out.project_id
        and days.issue_type is not distinct from left_out.issue_type
        and days.team is not distinct from left_out.team
window life as (partition by days.project_id, days.issue_type, days.team order by days.day);

comment on table warehouse.cumulative_flow is 'Issues of each type and team in each status category at the end of each day, replayed from their changes; types and teams may be added';
comment on column warehouse.cumulative_flow.project_id is 'Id of the project';
comment on column warehouse.cumulative_flow.project_key is 'Key of the project today';
comment on column warehouse.cumulative_flow.issue_type is 'Name of the type';
comment on column warehouse.cumulative_flow.team is 'Team of the issues today; null: issues without a team';
comment on column warehouse.cumulative_flow.day is 'The day, in the time zone of the settings';
comment on column warehouse.cumulative_flow.to_do is 'Issues not started at its end';
comment on column warehouse.cumulative_flow.in_progress is 'Issues in progress at its end';
comment on column warehouse.cumulative_flow.done is 'Issues done at its end';
comment on column warehouse.cumulative_flow.left_out is 'Issues of the project, type and team excluded from these figures; issue_replay_flags has the reasons';
