-- group: metrics
-- scope: view

create view warehouse.board_column_times as
with shown as (
    select distinct
        boards.board_id as board_id,
        boards.board_name as board_name,
        boards.project_id as project_id,
        columns.position as position,
        columns.column_name as column_name,
        columns.status_id as status_id
    from (
        select
            board_id as board_id,
            board_name as board_name,
            unnest(project_ids) as project_id
        from jira_boards
    ) as boards
    inner join (
        select
            board_id as board_id,
            position as position,
            column_name as column_name,
            unnest(status_ids) as status_id
        from jira_board_columns
    ) as columns on boards.board_id = columns.board_id
),
items as (
    select
        shown.board_id as board_id,
        any_value(shown.board_name) as board_name,
        shown.position as position,
        any_value(shown.column_name) as column_name,
        date_trunc('week', any_value(times.finished_on))::date as week,
        round(sum(times.days), 6) as days
    from issue_status_times as times
    inner join shown on times.project_id = shown.project_id and times.status_id = shown.status_id
    where times.is_counted and not times.is_left_out and times.delivered and times.days is not null
    group by shown.board_id, shown.position, times.jira_id
),
left_out as (
    select
        boards.board_id as board_id,
        sum(excluded.issues) as issues
    from (
        select
            board_id as board_id,
            unnest(project_ids) as project_id
        from jira_boards
    ) as boards
    inner join (
        select
            project_id as project_id,
            count(*) as issues
        from issue_flow
        where is_counted and is_left_out
        group by project_id
    ) as excluded on boards.project_id = excluded.project_id
    group by boards.board_id
),
weekly as (
    select
        board_id as board_id,
        any_value(board_name) as board_name,
        position as position,
        any_value(column_name) as column_name,
        week as week,
        count(*) as issues,
        -- Rounded: the last digits of a sum depend on the order in which threads add it up.
        round(sum(days), 6) as days,
        quantile_disc(days, [0.5, 0.85]) as times
    from items
    group by board_id, position, week
)
select
    weekly.board_id::varchar as board_id,
    weekly.board_name::varchar as board_name,
    weekly.position::integer as position,
    weekly.column_name::varchar as column_name,
    weekly.week::date as week,
    weekly.issues::bigint as time_n,
    case when weekly.issues >= 5 then weekly.times[1] end::double as days_median,
    case when weekly.issues >= 5 then weekly.times[2] end::double as days_p85,
    weekly.days::double as days_in_all,
    coalesce(left_out.issues, 0)::bigint as left_out
from weekly
left join left_out on weekly.board_id = left_out.board_id;

comment on view warehouse.board_column_times is 'Time that the issues delivered in each week had spent in each board column';
comment on column warehouse.board_column_times.board_id is 'Id of the board';
comment on column warehouse.board_column_times.board_name is 'Name of the board';
comment on column warehouse.board_column_times.position is 'Place of the column on the board, from 1 at the left';
comment on column warehouse.board_column_times.column_name is 'Name of the column';
comment on column warehouse.board_column_times.week is 'Monday of the week in which they were finished, in the time zone of the settings';
comment on column warehouse.board_column_times.time_n is 'Issues delivered that had been in the column and left it';
comment on column warehouse.board_column_times.days_median is 'Median of the days they spent in its statuses, all visits together; null under 5 issues: not enough data';
comment on column warehouse.board_column_times.days_p85 is 'Days within which 85 % of them left it; null under 5 issues';
comment on column warehouse.board_column_times.days_in_all is 'Days of all of them together';
comment on column warehouse.board_column_times.left_out is 'Issues of the projects of the board excluded from these figures; issue_replay_flags has the reasons';
