select
    min(jira_key) as jira_key,
    count(*) as issues
from jira_issues
group by jira_id
having count(*) > 1
order by jira_key
limit 20
