with items as (
    select
        date_trunc($bucket, finished_on)::date as period,
        lead_time_days,
        cycle_time_days
    from issue_flow
    where
        is_counted
        and delivered
        -- item filters
        and finished_on between $since::date and $until::date
),
periods as (
    select
        period as period,
        count(*) as lead_time_n,
        quantile_disc(lead_time_days, 0.5) as lead_median,
        quantile_disc(lead_time_days, 0.85) as lead_p85,
        count(cycle_time_days) as cycle_time_n,
        quantile_disc(cycle_time_days, 0.5) as cycle_median,
        quantile_disc(cycle_time_days, 0.85) as cycle_p85
    from items
    group by period
)
select
    period,
    case when cycle_time_n >= 5 then cycle_median end as cycle_time_median,
    case when cycle_time_n >= 5 then cycle_p85 end as cycle_time_p85,
    cycle_time_n,
    case when lead_time_n >= 5 then lead_median end as lead_time_median,
    case when lead_time_n >= 5 then lead_p85 end as lead_time_p85,
    lead_time_n
from periods
order by period
