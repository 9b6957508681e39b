-- group: issues
-- scope: project
-- key: jira_id
-- parts: jira_id of lake.jira_issue_texts

create table warehouse.jira_issue_texts as
select
    texts.jira_id::varchar as jira_id,
    texts.description_text::varchar as description_text
from lake.jira_issue_texts as texts
left join lake.moved as moved on texts.jira_id = moved.jira_id
where (moved.jira_id is null or moved.home = texts.project) and texts.description_text <> '';

comment on table warehouse.jira_issue_texts is 'Descriptions of issues as plain text, one row per issue that has one; apart from jira_issues, which stays small';
comment on column warehouse.jira_issue_texts.jira_id is 'Id of the issue';
comment on column warehouse.jira_issue_texts.description_text is 'Its description: a line per block, without formatting, pictures and attachments'
