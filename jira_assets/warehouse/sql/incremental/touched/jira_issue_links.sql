-- The links that touched issues show or showed, and those that others show to such an issue.
select links.link_id as link_id
from lake.jira_issue_links as links
semi join touched_issues as touched on links.jira_id = touched.jira_id
union
select links.link_id as link_id
from whole.jira_issue_links as links
semi join touched_issues as touched on links.other_id = touched.jira_id
union
select links.link_id as link_id
from base.jira_issue_links as links
semi join touched_issues as touched on links.source_jira_id = touched.jira_id
union
select links.link_id as link_id
from base.jira_issue_links as links
semi join touched_issues as touched on links.target_jira_id = touched.jira_id
