-- group: issues
-- scope: project
-- key: jira_id
-- parts: jira_id of lake.jira_issues

create table warehouse.jira_issue_components as
select distinct
    held.jira_id::varchar as jira_id,
    held.component_id::varchar as component_id,
    coalesce(site.name, held.name)::varchar as component
from (
    select
        issue.jira_id as jira_id,
        unnest(issue.component_ids) as component_id,
        unnest(issue.components) as name
    from lake.jira_issues as issue
    left join lake.moved as moved on issue.jira_id = moved.jira_id
    where moved.jira_id is null or moved.home = issue.project
) as held
left join site.components as site on held.component_id = site.component_id;

comment on table warehouse.jira_issue_components is 'Components of each issue, one row per component, for tools that cannot group by a list';
comment on column warehouse.jira_issue_components.jira_id is 'Id of the issue';
comment on column warehouse.jira_issue_components.component_id is 'Id of the component';
comment on column warehouse.jira_issue_components.component is 'Name of the component today'
