-- A row for each cause that there is in the window, and one for all causes together: causes overlap.
with items as (
    select
        jira_id as jira_id,
        date_trunc($bucket, finished_on)::date as period,
        cycle_time_seconds as seconds
    from issue_flow
    where
        is_counted
        and delivered
        and started_at is not null
        -- item filters
        and finished_on between $since::date and $until::date
),
periods as (
    select
        period as period,
        count(*) as items,
        round(sum(seconds) / 86400.0, 6) as days
    from items
    group by period
),
blocked as (
    select
        items.period as period,
        times.reason as reason,
        count(*) as items,
        round(sum(times.days), 6) as days
    from items
    inner join issue_blocked_times as times on items.jira_id = times.jira_id
    group by items.period, times.reason
),
causes as (
    select distinct reason
    from blocked
    union
    select null as reason
)
select
    periods.period,
    coalesce(causes.reason, 'any') as cause,
    periods.items,
    coalesce(blocked.items, 0) as items_blocked,
    coalesce(blocked.days, 0) as days_blocked,
    periods.days as days_in_all,
    round(coalesce(blocked.days, 0) / nullif(periods.days, 0), 6) as share_blocked
from periods
cross join causes
left join blocked on periods.period = blocked.period and causes.reason is not distinct from blocked.reason
order by periods.period, list_position(['any', 'flagged', 'status', 'link'], cause)
