with weeks as (
    select
        week as week,
        sum(created)::bigint as created,
        sum(delivered)::bigint as delivered,
        sum(closed_without_work)::bigint as closed_without_work,
        sum(reopened)::bigint as reopened,
        sum(open_at_end)::bigint as open_at_end
    from resolution_trend
    where
        week between date_trunc('week', $since::date) and $until::date
        and ($project is null or project_key = $project)
        and ($issue_type is null or issue_type = $issue_type)
        and ($team is null or team = $team)
    group by week
)
select
    date_trunc($bucket, week)::date as period,
    sum(created)::bigint as created,
    sum(delivered)::bigint as delivered,
    sum(closed_without_work)::bigint as closed_without_work,
    sum(reopened)::bigint as reopened,
    arg_max(open_at_end, week) as open_at_end
from weeks
group by period
order by period
