-- What stands in the lake and Jira did not name.
select
    known.jira_id as jira_id,
    known.jira_key as jira_key,
    known.project_key as project_key,
    known.updated_at as updated_at
from known
where not known.is_tombstone and known.jira_id not in (select jira_id from named)
order by known.jira_id
