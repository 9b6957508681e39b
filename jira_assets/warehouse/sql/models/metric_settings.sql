-- group: site
-- scope: site

create table warehouse.metric_settings as
select
    projects.project_id::varchar as project_id,
    projects.project_key::varchar as project_key,
    settings.time_zone::varchar as time_zone,
    settings.as_of::date as as_of,
    settings.hierarchy_levels::integer[] as hierarchy_levels,
    settings.undelivered_resolutions::varchar[] as undelivered_resolutions,
    settings.active_statuses::varchar[] as active_statuses,
    settings.blocked_statuses::varchar[] as blocked_statuses,
    settings.status_categories::map(varchar, varchar) as status_categories
from given.metric_settings as settings
inner join warehouse.jira_projects as projects on settings.project_id = projects.project_id;

comment on table warehouse.metric_settings is 'Settings with which the metrics of each project were computed';
comment on column warehouse.metric_settings.project_id is 'Id of the project';
comment on column warehouse.metric_settings.project_key is 'Key of the project today';
comment on column warehouse.metric_settings.time_zone is 'Time zone in which days and weeks begin';
comment on column warehouse.metric_settings.as_of is 'The last day of every series: the day of publishing in that time zone';
comment on column warehouse.metric_settings.hierarchy_levels is 'Levels of the issues that the metrics count: 0 standard, -1 sub-task, 1 epic';
comment on column warehouse.metric_settings.undelivered_resolutions is 'Resolutions, by name or id, with which an issue is closed without being delivered, in lower case';
comment on column warehouse.metric_settings.active_statuses is 'Statuses in which an issue is actively worked on, in lower case; empty if the setting is empty';
comment on column warehouse.metric_settings.blocked_statuses is 'Statuses in which an issue is blocked, in lower case';
comment on column warehouse.metric_settings.status_categories is 'Statuses, by name in lower case or id, whose category is overridden by a setting';
