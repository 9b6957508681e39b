-- group: metrics
-- scope: view

create view warehouse.board_column_wip as
with days as (
    select
        board_id as board_id,
        position as position,
        day as day,
        sum(issues)::bigint as issues,
        sum(sub_tasks)::bigint as sub_tasks,
        sum(left_out)::bigint as left_out
    from board_column_days
    group by board_id, position, day
),
limited as (
    select
        columns.board_id as board_id,
        boards.board_name as board_name,
        columns.position as position,
        columns.column_name as column_name,
        boards.constraint_type = 'issueCount' as has_sub_tasks,
        -- Jira keeps the numbers of a board on which limits are off.
        case when boards.constraint_type <> 'none' then columns.min_issues end as min_issues,
        case when boards.constraint_type <> 'none' then columns.max_issues end as max_issues
    from jira_board_columns as columns
    inner join jira_boards as boards on columns.board_id = boards.board_id
),
counted as (
    select
        limited.*,
        days.day as day,
        days.issues as issues,
        days.sub_tasks as sub_tasks,
        days.left_out as left_out,
        case when limited.has_sub_tasks then days.issues + days.sub_tasks else days.issues end as limit_counts
    from days
    inner join limited on days.board_id = limited.board_id and days.position = limited.position
)
select
    board_id::varchar as board_id,
    board_name::varchar as board_name,
    position::integer as position,
    column_name::varchar as column_name,
    day::date as day,
    issues::bigint as issues,
    sub_tasks::bigint as sub_tasks,
    limit_counts::bigint as limit_counts,
    min_issues::integer as min_issues,
    max_issues::integer as max_issues,
    (limit_counts > max_issues)::boolean as is_over_limit,
    (limit_counts < min_issues)::boolean as is_under_limit,
    left_out::bigint as left_out
from counted;

comment on view warehouse.board_column_wip is 'Issues in each board column at the end of each of the last 366 days, with the limits that the column has today';
comment on column warehouse.board_column_wip.board_id is 'Id of the board';
comment on column warehouse.board_column_wip.board_name is 'Name of the board';
comment on column warehouse.board_column_wip.position is 'Place of the column on the board, from 1 at the left';
comment on column warehouse.board_column_wip.column_name is 'Name of the column';
comment on column warehouse.board_column_wip.day is 'The day, in the time zone of the settings';
comment on column warehouse.board_column_wip.issues is 'Issues in one of the statuses of the column at its end, and not done';
comment on column warehouse.board_column_wip.sub_tasks is 'The same for sub-tasks, if the metrics do not count them';
comment on column warehouse.board_column_wip.limit_counts is 'What the limits of the board count: issues, with sub-tasks if constraint_type of the board is issueCount';
comment on column warehouse.board_column_wip.min_issues is 'Lower limit of the column today; null if there is none, or the limits of the board are off';
comment on column warehouse.board_column_wip.max_issues is 'Upper limit of the column today, its WIP limit; null as well if there is none';
comment on column warehouse.board_column_wip.is_over_limit is 'Whether limit_counts is above the upper limit; null without one';
comment on column warehouse.board_column_wip.is_under_limit is 'Whether limit_counts is below the lower limit; null without one';
comment on column warehouse.board_column_wip.left_out is 'Issues of the projects of the board excluded from these figures; issue_replay_flags has the reasons';
