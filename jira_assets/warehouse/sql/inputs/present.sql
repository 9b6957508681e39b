-- Where each issue is today, and under which key: one row an issue.
create view lake.present as
select
    keys.jira_id as jira_id,
    keys.project as project,
    keys.jira_key as jira_key,
    keys.project_key as project_key
from lake.keys as keys
left join lake.moved as moved on keys.jira_id = moved.jira_id
where moved.jira_id is null or moved.home = keys.project
