-- group: issues
-- scope: project
-- key: jira_id
-- parts: jira_id of lake.jira_issues

create table warehouse.jira_issue_labels as
select distinct
    labelled.jira_id::varchar as jira_id,
    labelled.label::varchar as label
from (
    select
        issue.jira_id as jira_id,
        unnest(issue.labels) as label
    from lake.jira_issues as issue
    left join lake.moved as moved on issue.jira_id = moved.jira_id
    where moved.jira_id is null or moved.home = issue.project
) as labelled
where labelled.label is not null;

comment on table warehouse.jira_issue_labels is 'Labels of each issue, one row per label, for tools that cannot group by a list';
comment on column warehouse.jira_issue_labels.jira_id is 'Id of the issue';
comment on column warehouse.jira_issue_labels.label is 'The label'
