-- group: metrics
-- scope: project
-- key: project_id
-- parts: project_id of warehouse.issue_flow, warehouse.issue_status_spans

-- A board may show several projects: each has its part, and the parts of a day add up. Limits concern the sum.
create table warehouse.board_column_days as
with left_out as (
    select
        project_id as project_id,
        count(*) filter (where is_counted and is_left_out) as issues
    from warehouse.issue_flow
    group by project_id
),
open_statuses as (
    select status_id
    from warehouse.jira_statuses
    group by status_id
    having not bool_and(coalesce(status_category = 'done', false))
),
columns as (
    select distinct
        shown.project_id as project_id,
        shown.board_id as board_id,
        shown.position as position,
        settings.as_of as as_of,
        settings.as_of - 365 as first_day
    from board_statuses as shown
    semi join open_statuses on shown.status_id = open_statuses.status_id
    semi join left_out on shown.project_id = left_out.project_id
    inner join warehouse.metric_settings as settings on shown.project_id = settings.project_id
),
stays as (
    select
        columns.project_id as project_id,
        columns.board_id as board_id,
        columns.position as position,
        flow.is_counted as is_counted,
        greatest(least(local_day(spans.entered_at), columns.as_of), columns.first_day) as came,
        -- The least of a null and a day is the day.
        case when spans.left_at is not null then least(local_day(spans.left_at), columns.as_of) end as went
    from warehouse.issue_status_spans as spans
    inner join warehouse.issue_flow as flow on spans.jira_id = flow.jira_id
    inner join board_statuses as shown on spans.project_id = shown.project_id and spans.status_id = shown.status_id
    inner join columns
        on
            shown.project_id = columns.project_id
            and shown.board_id = columns.board_id
            and shown.position = columns.position
    where
        (flow.is_counted or flow.hierarchy_level < 0)
        and not flow.is_left_out
        and spans.status_category is distinct from 'done'
        and (spans.left_at is null or local_day(spans.left_at) > columns.first_day)
),
changes as (
    select
        project_id as project_id,
        board_id as board_id,
        position as position,
        day as day,
        sum(step) filter (where is_counted) as issues,
        sum(step) filter (where not is_counted) as sub_tasks
    from (
        select project_id, board_id, position, is_counted, came as day, 1 as step from stays
        union all
        select project_id, board_id, position, is_counted, went as day, -1 as step from stays where went is not null
    ) as steps
    group by project_id, board_id, position, day
),
days as (
    select
        project_id as project_id,
        board_id as board_id,
        position as position,
        unnest(generate_series(first_day, as_of, interval 1 day))::date as day
    from columns
)
select
    days.project_id::varchar as project_id,
    settings.project_key::varchar as project_key,
    days.board_id::varchar as board_id,
    days.position::integer as position,
    days.day::date as day,
    (sum(coalesce(changes.issues, 0)) over life)::bigint as issues,
    (sum(coalesce(changes.sub_tasks, 0)) over life)::bigint as sub_tasks,
    left_out.issues::bigint as left_out
from days
inner join warehouse.metric_settings as settings on days.project_id = settings.project_id
inner join left_out on days.project_id = left_out.project_id
left join changes
    on
        days.project_id = changes.project_id
        and days.board_id = changes.board_id
        and days.position = changes.position
        and days.day = changes.day
window life as (partition by days.project_id, days.board_id, days.position order by days.day);

comment on table warehouse.board_column_days is 'Issues of each project in each board column at the end of each of the last 366 days; columns of which every status is done are left out';
comment on column warehouse.board_column_days.project_id is 'Id of the project';
comment on column warehouse.board_column_days.project_key is 'Key of the project today';
comment on column warehouse.board_column_days.board_id is 'Id of the board';
comment on column warehouse.board_column_days.position is 'Place of the column on the board, as in jira_board_columns';
comment on column warehouse.board_column_days.day is 'The day, in the time zone of the settings';
comment on column warehouse.board_column_days.issues is 'Issues of the project in one of the statuses of the column at its end, and not done';
comment on column warehouse.board_column_days.sub_tasks is 'The same for sub-tasks, if the metrics do not count them';
comment on column warehouse.board_column_days.left_out is 'Issues of the project excluded from these figures; issue_replay_flags has the reasons';
