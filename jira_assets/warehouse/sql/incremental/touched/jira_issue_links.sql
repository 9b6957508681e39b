-- The links that issues of the changed projects show or showed, and those that others show to such an issue.
select link_id
from lake.jira_issue_links
union
select links.link_id as link_id
from whole.jira_issue_links as links
semi join near_issues as near on links.other_id = near.jira_id
union
select links.link_id as link_id
from base.jira_issue_links as links
semi join near_issues as near on links.source_jira_id = near.jira_id
union
select links.link_id as link_id
from base.jira_issue_links as links
semi join near_issues as near on links.target_jira_id = near.jira_id
