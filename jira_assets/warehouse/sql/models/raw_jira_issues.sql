-- group: issues
-- scope: all projects

create view warehouse.raw_jira_issues as
select
    jira_id::varchar as jira_id,
    jira_key::varchar as jira_key,
    project_key::varchar as project_key,
    updated_at::timestamp as updated_at,
    asked_at::timestamp as asked_at,
    payload::json as payload
from {observations}
where kind = 'issue';

comment on view warehouse.raw_jira_issues is 'Every version of every issue that was ever read, unchanged; a view of the files of the lake';
comment on column warehouse.raw_jira_issues.jira_id is 'Id of the issue';
comment on column warehouse.raw_jira_issues.jira_key is 'Its key then';
comment on column warehouse.raw_jira_issues.project_key is 'Key of its project then';
comment on column warehouse.raw_jira_issues.updated_at is 'When it had last changed in Jira, UTC';
comment on column warehouse.raw_jira_issues.asked_at is 'When it was read, UTC';
comment on column warehouse.raw_jira_issues.payload is 'The issue as Jira returned it, JSON';
