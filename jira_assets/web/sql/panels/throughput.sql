-- Weeks in which nothing was delivered count, too; the mean looks back beyond the window. A month has the weeks
-- that begin in it; what is usual is the mean at its end for the 4.348 weeks of an average month.
with counts as (
    select
        date_trunc('week', finished_on)::date as week,
        issue_type as issue_type,
        count(*) as delivered
    from issue_flow
    where
        is_counted
        and delivered
        -- item filters
        and finished_on <= $until::date
    group by 1, 2
),
weeks as (
    select unnest(generate_series((select min(week) from counts), $until::date, interval 7 day))::date as week
),
means as (
    select
        weeks.week as week,
        avg(coalesce(sum(counts.delivered), 0)) over (
            order by weeks.week rows between 11 preceding and current row
        ) as mean_12_weeks,
        count(*) over (order by weeks.week rows between 11 preceding and current row) = 12 as has_12_weeks
    from weeks
    left join counts on weeks.week = counts.week
    group by weeks.week
),
types as (
    select distinct issue_type
    from counts
)
select
    date_trunc($bucket, means.week)::date as period,
    types.issue_type,
    coalesce(sum(counts.delivered), 0)::bigint as delivered,
    arg_max(means.mean_12_weeks, means.week) as mean_12_weeks,
    case
        when arg_max(means.has_12_weeks, means.week) then
            arg_max(means.mean_12_weeks, means.week) * case $bucket when 'month' then 4.348 else 1 end
    end as usual
from means
cross join types
left join counts on means.week = counts.week and types.issue_type is not distinct from counts.issue_type
where means.week >= date_trunc('week', $since::date)
group by period, types.issue_type
order by period, types.issue_type
