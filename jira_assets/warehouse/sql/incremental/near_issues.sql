-- The issues that are or were in the changed projects, and those that left them.
create table near_issues as
select jira_id from base.jira_issues where project_id in ({replaced})
union
select jira_id from warehouse.jira_issues where project_id in ({replaced})
union
select jira_id from lake.jira_deleted_issues
