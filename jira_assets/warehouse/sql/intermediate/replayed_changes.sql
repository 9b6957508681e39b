-- Changes of custom fields often carry no id: then the name has to be that of the field chosen for the project.
create table replayed_fields as
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
where projects.is_tracked;

-- What is replayed of the history of each issue.
create {materialized} replayed_changes as
select
    changes.jira_id as jira_id,
    case
        when coalesce(changes.field_id, changes.field) = 'status' then 'status'
        when coalesce(changes.field_id = fields.sprint_field, lower(changes.field) = fields.sprint_name) then 'sprint'
        when coalesce(changes.field_id = fields.story_points_field, lower(changes.field) = fields.story_points_name)
            then 'estimate'
    end as replay,
    changes.changed_at as changed_at,
    id_number(changes.change_id) as change_number,
    changes.change_id as change_id,
    changes.from_value as from_value,
    changes.from_string as from_string,
    changes.to_value as to_value,
    changes.to_string as to_string
from warehouse.jira_issue_changes as changes
inner join warehouse.jira_issues as issues on changes.jira_id = issues.jira_id
inner join replayed_fields as fields on issues.project_id = fields.project_id
