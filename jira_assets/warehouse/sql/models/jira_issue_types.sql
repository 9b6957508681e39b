-- group: site
-- scope: site

create table warehouse.jira_issue_types as
select distinct on (issue_type_id)
    issue_type_id::varchar as issue_type_id,
    issue_type::varchar as issue_type,
    description::varchar as description,
    hierarchy_level::integer as hierarchy_level,
    is_subtask::boolean as is_subtask,
    project_id::varchar as project_id
from site.issue_types
order by issue_type_id;

comment on table warehouse.jira_issue_types is 'Issue types of the site, read daily';
comment on column warehouse.jira_issue_types.issue_type_id is 'Id of the type';
comment on column warehouse.jira_issue_types.issue_type is 'Name of the type today';
comment on column warehouse.jira_issue_types.description is 'Its description; null if there is none';
comment on column warehouse.jira_issue_types.hierarchy_level is '-1 sub-task, 0 standard, 1 epic and above';
comment on column warehouse.jira_issue_types.is_subtask is 'Whether its issues are sub-tasks';
comment on column warehouse.jira_issue_types.project_id is 'Team-managed project it belongs to; null for types that projects share';
