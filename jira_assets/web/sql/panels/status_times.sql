with efficiency as (
    select
        count(flow_efficiency) as items,
        quantile_disc(flow_efficiency, 0.5) as median
    from issue_flow
    where
        is_counted
        and not is_left_out
        and delivered
        -- item filters
        and finished_on between $since::date and $until::date
),
statuses as (
    select
        status as status,
        any_value(status_category) as status_category,
        any_value(is_active) as is_active,
        count(*) as items,
        quantile_disc(days_by_name, [0.5, 0.85]) as times,
        round(sum(days_by_name), 2) as days_in_all,
        avg(first_visit) as place
    from issue_status_times
    where
        is_counted
        and not is_left_out
        and delivered
        and days_by_name is not null
        -- item filters
        and finished_on between $since::date and $until::date
    group by status
)
select
    statuses.status,
    statuses.status_category,
    statuses.is_active,
    statuses.items,
    case when statuses.items >= 5 then statuses.times[1] end as days_median,
    case when statuses.items >= 5 then statuses.times[2] end as days_p85,
    statuses.days_in_all,
    case when efficiency.items >= 5 then efficiency.median end as flow_efficiency_median
from statuses
cross join efficiency
order by
    list_position(['new', 'indeterminate', 'done'], statuses.status_category) asc nulls first,
    statuses.place asc,
    statuses.status asc
