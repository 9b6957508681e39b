-- group: metrics
-- scope: view

-- The name of the table stands alone: the file is opened under other names than that of its making.
create view warehouse.cycle_time_scatter as
select
    project_key::varchar as project_key,
    jira_id::varchar as jira_id,
    jira_key::varchar as jira_key,
    url::varchar as url,
    issue_type::varchar as issue_type,
    team::varchar as team,
    finished_at::timestamp as finished_at,
    finished_on::date as finished_on,
    cycle_time_days::integer as cycle_time_days,
    lead_time_days::integer as lead_time_days,
    story_points::double as story_points
from issue_flow
where is_counted and delivered and cycle_time_days is not null;

comment on view warehouse.cycle_time_scatter is 'Every delivered issue with its cycle time, one row per issue';
comment on column warehouse.cycle_time_scatter.project_key is 'Key of the project today';
comment on column warehouse.cycle_time_scatter.jira_id is 'Id of the issue';
comment on column warehouse.cycle_time_scatter.jira_key is 'Key of the issue today';
comment on column warehouse.cycle_time_scatter.url is 'Address of the issue in Jira';
comment on column warehouse.cycle_time_scatter.issue_type is 'Name of its type';
comment on column warehouse.cycle_time_scatter.team is 'Its team today, as in jira_issues';
comment on column warehouse.cycle_time_scatter.finished_at is 'When it was finished, UTC';
comment on column warehouse.cycle_time_scatter.finished_on is 'Day on which it was finished, in the time zone of the settings';
comment on column warehouse.cycle_time_scatter.cycle_time_days is 'Calendar days from start to finish, both included';
comment on column warehouse.cycle_time_scatter.lead_time_days is 'Calendar days from creation to finish, both included';
comment on column warehouse.cycle_time_scatter.story_points is 'Its estimate today';
