with shown as (
    select distinct
        boards.board_id as board_id,
        boards.board_name as board_name
    from (
        select
            board_id,
            board_name,
            unnest(project_ids) as project_id
        from jira_boards
    ) as boards
    inner join jira_projects as projects on boards.project_id = projects.project_id
    where $project is null or projects.project_key = $project
)
select
    board_id,
    board_name
from shown
order by lower(board_name) asc, board_id asc
limit 200
