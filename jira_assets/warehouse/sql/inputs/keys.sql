-- The keys of today of every issue in every project: read once, joined often.
create table lake.keys as
with projects as (
    select
        project_id as project_id,
        any_value(project_key) as project_key,
        any_value(own_id(project_key)) as own_key
    from site.projects
    group by project_id
)
select
    issue.jira_id as jira_id,
    issue.project as project,
    coalesce(projects.own_key || '-' || nullif(regexp_extract(issue.jira_key, '[0-9]+$'), ''), issue.jira_key)
        as jira_key,
    coalesce(projects.project_key, issue.project_key) as project_key,
    issue.updated_at as updated_at,
    issue.synced_at as synced_at
from lake.jira_issues as issue
left join projects on issue.project = projects.project_id
