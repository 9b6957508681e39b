-- The percentiles are of every item in the window; the newest 2,000 are drawn.
with items as not materialized (
    select
        jira_key,
        url,
        issue_type,
        finished_at,
        finished_on,
        cycle_time_days,
        lead_time_days,
        story_points
    from issue_flow
    where
        is_counted
        and delivered
        and cycle_time_days is not null
        -- item filters
        and finished_on between $since::date and $until::date
),
lines as (
    select
        count(*) as items,
        case when count(*) >= 5 then quantile_disc(cycle_time_days, [0.5, 0.7, 0.85, 0.95]) end as days
    from items
)
select
    items.jira_key,
    items.issue_type,
    items.finished_on,
    items.cycle_time_days,
    items.lead_time_days,
    items.story_points,
    lines.days[1] as p50,
    lines.days[2] as p70,
    lines.days[3] as p85,
    lines.days[4] as p95,
    lines.items as items,
    items.url
from items
cross join lines
order by items.finished_at desc, items.jira_key asc
limit 2000
