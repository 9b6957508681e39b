-- The sprints in which touched issues are or were, also those that are left out.
select spans.sprint_id as sprint_id
from base.issue_sprint_spans as spans
semi join touched_issues as touched on spans.jira_id = touched.jira_id
union
select spans.sprint_id as sprint_id
from warehouse.issue_sprint_spans as spans
semi join touched_issues as touched on spans.jira_id = touched.jira_id
union
select membership.sprint_id as sprint_id
from base.jira_issue_sprints as membership
semi join touched_issues as touched on membership.jira_id = touched.jira_id
union
select membership.sprint_id as sprint_id
from warehouse.jira_issue_sprints as membership
semi join touched_issues as touched on membership.jira_id = touched.jira_id
