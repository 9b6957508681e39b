-- How many issues of a project are assigned to an account, and how many it reported.
create table issues_by_account as
with activity as (
    select
        project_id,
        assignee_account_id as account_id,
        1 as assigned,
        0 as reported
    from warehouse.jira_issues
    union all
    select
        project_id,
        reporter_account_id as account_id,
        0 as assigned,
        1 as reported
    from warehouse.jira_issues
)
select
    project_id,
    account_id,
    sum(assigned)::bigint as assigned,
    sum(reported)::bigint as reported
from activity
where account_id is not null
group by project_id, account_id;
