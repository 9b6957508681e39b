-- The filters of items: panels take over the conditions after the first one.
select jira_id
from jira_issues
where
    true
    and ($project is null or project_key = $project)
    and ($issue_type is null or issue_type = $issue_type)
    and ($sprint is null or jira_id in (select jira_id from jira_issue_sprints where sprint_id = $sprint))
    and ($team is null or jira_id in (select jira_id from jira_issues where team = $team))
    and ($assignee is null or jira_id in (select jira_id from jira_issues where assignee_account_id = $assignee))
    and ($label is null or jira_id in (select jira_id from jira_issue_labels where label = $label))
    and ($component is null or jira_id in (select jira_id from jira_issue_components where component = $component))
    and ($version is null or jira_id in (select jira_id from jira_issue_versions where kind = 'fix' and version = $version))
    and ($epic is null or jira_id in (select jira_id from jira_issues where regexp_extract(jira_id, '.*:') || parent_key = $epic))
