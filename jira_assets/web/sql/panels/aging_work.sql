-- Those that are shown are the oldest; the numbers are of all.
with items as not materialized (
    select *
    from aging_work
    where
        age_days is not null
        -- item filters
),
numbers as (
    select
        count(*) as items,
        count(*) filter (where is_overdue) as items_overdue
    from items
)
select
    items.jira_key,
    items.issue_type,
    items.status,
    items.place,
    items.age_days,
    items.days_since_change,
    items.assignee,
    items.is_overdue,
    items.cycle_time_p85,
    items.age_p50,
    items.age_p70,
    items.age_p85,
    items.age_p95,
    items.started_on,
    numbers.items,
    numbers.items_overdue,
    items.url
from items
cross join numbers
order by items.age_days desc, items.jira_key asc
limit 2000
