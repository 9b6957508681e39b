-- Touched epics, and epics and versions that have or had touched issues.
from touched_issues
union
select spans.parent_id as subject_id
from base.issue_parent_spans as spans
semi join touched_issues as touched on spans.jira_id = touched.jira_id
union
select spans.parent_id as subject_id
from warehouse.issue_parent_spans as spans
semi join touched_issues as touched on spans.jira_id = touched.jira_id
union
select spans.version_id as subject_id
from base.issue_version_spans as spans
semi join touched_issues as touched on spans.jira_id = touched.jira_id
union
select spans.version_id as subject_id
from warehouse.issue_version_spans as spans
semi join touched_issues as touched on spans.jira_id = touched.jira_id
