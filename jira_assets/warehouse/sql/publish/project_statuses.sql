-- What each status means in each project: its own, else the shared one, else that of another project from which an
-- issue was moved; the settings may put it into another category.
create temp table project_statuses as
with used as (
    select
        project_id,
        status_id
    from warehouse.jira_issues
    union
    select
        issues.project_id as project_id,
        unnest([changes.from_value, changes.to_value]) as status_id
    from warehouse.jira_issue_changes as changes
    inner join warehouse.jira_issues as issues on changes.jira_id = issues.jira_id
    where coalesce(changes.field_id, changes.field) = 'status'
),
meanings as (
    select distinct on (used.project_id, used.status_id)
        used.project_id as project_id,
        used.status_id as status_id,
        statuses.status as status,
        statuses.status_category as status_category
    from used
    inner join warehouse.jira_statuses as statuses on used.status_id = statuses.status_id
    order by
        used.project_id,
        used.status_id,
        coalesce(statuses.project_id = used.project_id, false) desc,
        statuses.project_id asc nulls first
)
select
    meanings.project_id as project_id,
    meanings.status_id as status_id,
    meanings.status as status,
    coalesce(
        element_at(settings.status_categories, lower(meanings.status))[1],
        element_at(settings.status_categories, meanings.status_id)[1],
        meanings.status_category
    ) as status_category,
    case
        when len(settings.active_statuses) > 0 then
            list_contains(settings.active_statuses, lower(meanings.status))
            or list_contains(settings.active_statuses, meanings.status_id)
    end as is_active
from meanings
left join warehouse.metric_settings as settings on meanings.project_id = settings.project_id
