-- The sprints in which issues of the changed projects are or were, also those that are left out.
select sprint_id
from base.issue_sprint_spans
where project_id in ({replaced})
union
select sprint_id
from warehouse.issue_sprint_spans
where project_id in ({replaced})
union
select membership.sprint_id as sprint_id
from base.jira_issue_sprints as membership
semi join near_issues as near on membership.jira_id = near.jira_id
union
select membership.sprint_id as sprint_id
from warehouse.jira_issue_sprints as membership
semi join near_issues as near on membership.jira_id = near.jira_id
