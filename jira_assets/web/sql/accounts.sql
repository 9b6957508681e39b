select
    account_id,
    display_name,
    email
from jira_users
where list_contains($account_ids, account_id)
