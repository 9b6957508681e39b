-- group: site
-- scope: site

create table warehouse.jira_components as
select distinct on (components.component_id)
    components.component_id::varchar as component_id,
    components.project_id::varchar as project_id,
    components.name::varchar as component,
    components.description::varchar as description,
    components.lead_account_id::varchar as lead_account_id,
    components.assignee_type::varchar as assignee_type
from site.components as components
semi join given.tracked as tracked on components.project_id = tracked.project_id
order by components.component_id asc, components.project_id asc;

comment on table warehouse.jira_components is 'Components of the tracked projects, read daily';
comment on column warehouse.jira_components.component_id is 'Id of the component, as in jira_issue_components';
comment on column warehouse.jira_components.project_id is 'Id of its project';
comment on column warehouse.jira_components.component is 'Name of the component today';
comment on column warehouse.jira_components.description is 'Its description; null if there is none';
comment on column warehouse.jira_components.lead_account_id is 'Account that leads it; null if none does';
comment on column warehouse.jira_components.assignee_type is 'Who is assigned to its new issues: PROJECT_DEFAULT, PROJECT_LEAD, COMPONENT_LEAD or UNASSIGNED';
