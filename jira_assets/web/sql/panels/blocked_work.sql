-- Those that are drawn are blocked the longest; the numbers are of all.
with items as not materialized (
    select *
    from blocked_work
    where
        days_blocked is not null
        -- item filters
),
numbers as (
    select
        count(*) as items,
        count(started_on) as items_started
    from items
)
select
    items.jira_key,
    issues.summary,
    items.issue_type,
    items.status,
    items.days_blocked,
    items.blocked_on,
    items.reasons,
    items.blocker_keys,
    items.untracked_blocker_keys,
    items.assignee,
    items.started_on,
    numbers.items,
    numbers.items_started,
    items.url
from items
inner join jira_issues as issues on items.jira_id = issues.jira_id
cross join numbers
order by items.days_blocked desc, items.jira_key asc
limit 12
