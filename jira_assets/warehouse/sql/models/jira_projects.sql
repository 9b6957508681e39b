-- group: site
-- scope: site

create table warehouse.jira_projects as
select
    coalesce(site.project_id, tracked.project_id)::varchar as project_id,
    coalesce(site.project_key, tracked.project_key)::varchar as project_key,
    site_of(coalesce(site.project_id, tracked.project_id))::varchar as site,
    site.name::varchar as name,
    site.project_type::varchar as project_type,
    site.style::varchar as style,
    coalesce(site.is_archived, false)::boolean as is_archived,
    coalesce(site.former_keys, [])::varchar[] as former_keys,
    (tracked.project_id is not null)::boolean as is_tracked,
    tracked.story_points_field::varchar as story_points_field,
    tracked.sprint_field::varchar as sprint_field,
    coalesce(tracked.team_fields, [])::varchar[] as team_fields
from (
    select distinct on (project_id)
        project_id,
        project_key,
        name,
        project_type,
        style,
        is_archived,
        former_keys
    from site.projects
) as site
full join given.tracked as tracked on site.project_id = tracked.project_id;

comment on table warehouse.jira_projects is 'Projects of the site that this account may browse';
comment on column warehouse.jira_projects.project_id is 'Id of the project in Jira; it never changes';
comment on column warehouse.jira_projects.project_key is 'Key of the project today';
comment on column warehouse.jira_projects.site is 'Short name of its site; null for the first site until it is named';
comment on column warehouse.jira_projects.name is 'Name of the project';
comment on column warehouse.jira_projects.project_type is 'Kind of project: software, business, service_desk';
comment on column warehouse.jira_projects.style is 'classic (company-managed) or next-gen (team-managed)';
comment on column warehouse.jira_projects.is_archived is 'Whether Jira shows it as archived';
comment on column warehouse.jira_projects.former_keys is 'Keys of the project before renames; Jira still redirects them';
comment on column warehouse.jira_projects.is_tracked is 'Whether the project is tracked';
comment on column warehouse.jira_projects.story_points_field is 'Field that story points are read from';
comment on column warehouse.jira_projects.sprint_field is 'Field that sprints are read from';
comment on column warehouse.jira_projects.team_fields is 'Fields that the team of an issue is read from; the first that is set counts';
