-- Changes of custom fields often carry no id: then the name has to be that of the field chosen for the project.
create temp table replayed_fields as
with names as (
    select
        field_id as field_id,
        min(lower(field_name)) as field_name
    from site.fields
    group by field_id
)
select
    projects.project_id as project_id,
    projects.sprint_field as sprint_field,
    case when projects.sprint_field is not null then coalesce(sprints.field_name, 'sprint') end as sprint_name,
    projects.story_points_field as story_points_field,
    case when projects.story_points_field is not null then coalesce(points.field_name, 'story points') end as story_points_name
from warehouse.jira_projects as projects
left join names as sprints on projects.sprint_field = sprints.field_id
left join names as points on projects.story_points_field = points.field_id
where projects.is_tracked
