-- Weeks in which nothing was delivered count, too; the mean looks back beyond the window.
with counts as (
    select
        date_trunc('week', finished_on)::date as week,
        issue_type as issue_type,
        count(*) as delivered
    from issue_flow
    where
        is_counted
        and delivered
        and ($project is null or project_key = $project)
        and ($issue_type is null or issue_type = $issue_type)
        and ($sprint is null or jira_id in (select jira_id from jira_issue_sprints where sprint_id = $sprint))
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
        ) as mean_12_weeks
    from weeks
    left join counts on weeks.week = counts.week
    group by weeks.week
),
types as (
    select distinct issue_type
    from counts
)
select
    means.week,
    types.issue_type,
    coalesce(counts.delivered, 0) as delivered,
    means.mean_12_weeks
from means
cross join types
left join counts on means.week = counts.week and types.issue_type is not distinct from counts.issue_type
where means.week >= date_trunc('week', $since::date)
order by means.week, types.issue_type
