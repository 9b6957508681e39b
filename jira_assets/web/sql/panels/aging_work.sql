select
    jira_key,
    issue_type,
    status,
    place,
    age_days,
    days_since_change,
    assignee,
    is_overdue,
    cycle_time_p85,
    age_p50,
    age_p70,
    age_p85,
    age_p95,
    started_on,
    url
from aging_work
where
    ($project is null or project_key = $project)
    and ($issue_type is null or issue_type = $issue_type)
    and ($sprint is null or jira_id in (select jira_id from jira_issue_sprints where sprint_id = $sprint))
order by age_days desc, jira_key asc
limit 2000
