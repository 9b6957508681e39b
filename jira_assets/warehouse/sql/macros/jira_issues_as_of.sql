-- A macro finds no table where its file is attached under another name, unless it is given that name.
-- depends_on: warehouse.issue_estimate_spans, warehouse.issue_field_spans, warehouse.issue_replay_flags
-- depends_on: warehouse.issue_sprint_spans, warehouse.issue_status_spans, warehouse.jira_issues, warehouse.jira_sprints
create or replace macro warehouse.jira_issues_as_of(moment, home := null) as table
select * exclude (day)
from (
{issues_at}
);

comment on macro table warehouse.jira_issues_as_of is 'Issues as they were at a moment (a timestamp in UTC): the columns of jira_issues_daily but the day. Where the file is attached under another name, that name is the second argument'
