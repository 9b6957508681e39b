-- The statuses that each board shows of a project, with the place of their column.
create {materialized} board_statuses as
select distinct
    boards.project_id as project_id,
    boards.board_id as board_id,
    columns.position as position,
    columns.status_id as status_id
from (
    select
        board_id as board_id,
        unnest(project_ids) as project_id
    from warehouse.jira_boards
) as boards
inner join (
    select
        board_id as board_id,
        position as position,
        unnest(status_ids) as status_id
    from warehouse.jira_board_columns
) as columns on boards.board_id = columns.board_id
