-- Replays the changes of status of every issue and compares the open issues of each project with those of today.
with last_change as (
    select
        jira_id,
        arg_max(to_value, (changed_at, try_cast(regexp_extract(change_id, '[0-9]+$') as hugeint))) as status_id
    from jira_issue_changes
    where field_id = 'status' or (field_id is null and field = 'status')
    group by jira_id
),
statuses as (
    select
        status_id,
        any_value(status_category) as status_category
    from jira_statuses
    group by status_id
),
compared as (
    select
        issue.project_key as project_key,
        issue.status_category <> 'done' as is_open,
        coalesce(statuses.status_category, issue.status_category) <> 'done' as replays_to_open
    from jira_issues as issue
    left join last_change on issue.jira_id = last_change.jira_id
    left join statuses on last_change.status_id = statuses.status_id
)
select
    project_key as project_key,
    count(*) filter (where is_open) as open_now,
    count(*) filter (where replays_to_open) as open_by_changelog
from compared
group by project_key
having count(*) filter (where is_open) <> count(*) filter (where replays_to_open)
order by project_key
