select
    project_key,
    accounts,
    accounts_matched,
    activity,
    activity_matched
from jira_match_rates
where accounts > 0
order by project_key
