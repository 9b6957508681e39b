-- group: site
-- scope: site

-- Of the projects that a board shows, those that were tracked once and are no more were read last a while ago.
create table warehouse.jira_boards as
with shown as (
    select distinct
        boards.board_id as board_id,
        boards.project_id as project_id
    from (
        select
            board_id as board_id,
            unnest(project_ids) as project_id
        from site.boards
    ) as boards
    semi join given.tracked as tracked on boards.project_id = tracked.project_id
)
select distinct on (boards.board_id)
    boards.board_id::varchar as board_id,
    boards.board_name::varchar as board_name,
    boards.board_type::varchar as board_type,
    boards.project_id::varchar as project_id,
    projects.ids::varchar[] as project_ids,
    boards.filter_id::varchar as filter_id,
    boards.sub_query::varchar as sub_query,
    boards.constraint_type::varchar as constraint_type,
    boards.estimation_field::varchar as estimation_field
from site.boards as boards
inner join (
    select
        board_id as board_id,
        list(project_id order by project_id) as ids
    from shown
    group by board_id
) as projects on boards.board_id = projects.board_id
order by boards.board_id;

comment on table warehouse.jira_boards is 'Boards that show tracked projects, read daily';
comment on column warehouse.jira_boards.board_id is 'Id of the board';
comment on column warehouse.jira_boards.board_name is 'Name of the board';
comment on column warehouse.jira_boards.board_type is 'scrum, kanban or simple (team-managed)';
comment on column warehouse.jira_boards.project_id is 'Project it is located in; null for a board of one account';
comment on column warehouse.jira_boards.project_ids is 'Tracked projects that its filter shows';
comment on column warehouse.jira_boards.filter_id is 'Id of its filter; null if the configuration of the board cannot be read';
comment on column warehouse.jira_boards.sub_query is 'JQL that hides issues of a kanban board in addition to its filter';
comment on column warehouse.jira_boards.constraint_type is 'What the limits of its columns count: issueCount, issueCountExclSubs (without sub-tasks) or none';
comment on column warehouse.jira_boards.estimation_field is 'Id of the field it estimates with; null if it estimates with none';
