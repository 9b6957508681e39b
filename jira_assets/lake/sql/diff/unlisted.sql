-- What stands in the lake and Jira did not name; and what went out of sight with its project, which may be back.
select
    known.jira_id as jira_id,
    known.jira_key as jira_key,
    known.project_key as project_key,
    known.updated_at as updated_at,
    known.is_put_away as is_put_away
from known
where (not known.is_tombstone or known.is_put_away) and known.jira_id not in (select jira_id from named)
order by known.jira_id
