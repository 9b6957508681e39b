-- group: site
-- scope: site

create table warehouse.jira_board_columns as
with names as (
    select
        status_id as status_id,
        any_value(status order by is_listed desc nulls last, project_id asc nulls first) as status
    from warehouse.jira_statuses
    group by status_id
),
called as (
    select
        held.board_id as board_id,
        held.position as position,
        list(coalesce(names.status, held.status_id) order by held.place) as statuses
    from (
        select
            board_id as board_id,
            position as position,
            unnest(status_ids) as status_id,
            generate_subscripts(status_ids, 1) as place
        from site.board_columns
    ) as held
    left join names on held.status_id = names.status_id
    group by held.board_id, held.position
)
select
    columns.board_id::varchar as board_id,
    columns.position::integer as position,
    columns.column_name::varchar as column_name,
    coalesce(columns.status_ids, [])::varchar[] as status_ids,
    coalesce(called.statuses, [])::varchar[] as statuses,
    columns.min_issues::integer as min_issues,
    columns.max_issues::integer as max_issues
from site.board_columns as columns
semi join warehouse.jira_boards as boards on columns.board_id = boards.board_id
left join called on columns.board_id = called.board_id and columns.position = called.position;

comment on table warehouse.jira_board_columns is 'Columns of the boards, with their statuses and limits';
comment on column warehouse.jira_board_columns.board_id is 'Id of the board';
comment on column warehouse.jira_board_columns.position is 'Place of the column on the board, from 1 at the left';
comment on column warehouse.jira_board_columns.column_name is 'Name of the column';
comment on column warehouse.jira_board_columns.status_ids is 'Ids of the statuses it shows; empty for a column without statuses';
comment on column warehouse.jira_board_columns.statuses is 'Current names of these statuses';
comment on column warehouse.jira_board_columns.min_issues is 'Fewest issues wanted in it; null if there is no lower limit';
comment on column warehouse.jira_board_columns.max_issues is 'Most issues wanted in it, its WIP limit; null if there is none';
