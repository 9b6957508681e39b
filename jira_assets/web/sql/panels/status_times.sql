with items as (
    select
        jira_id,
        flow_efficiency
    from issue_flow
    where
        is_counted
        and not is_left_out
        and delivered
        and ($project is null or project_key = $project)
        and ($issue_type is null or issue_type = $issue_type)
        and ($sprint is null or jira_id in (select jira_id from jira_issue_sprints where sprint_id = $sprint))
        and finished_on between $since::date and $until::date
),
stays as (
    select
        spans.status as status,
        spans.jira_id as jira_id,
        any_value(spans.status_category) as status_category,
        any_value(spans.is_active) as is_active,
        avg(spans.visit) as visit,
        round(sum(spans.hours) / 24.0, 6) as days
    from issue_status_spans as spans
    inner join items on spans.jira_id = items.jira_id
    where spans.left_at is not null
    group by spans.status, spans.jira_id
),
efficiency as (
    select
        count(flow_efficiency) as items,
        quantile_disc(flow_efficiency, 0.5) as median
    from items
)
select
    stays.status,
    any_value(stays.status_category) as status_category,
    any_value(stays.is_active) as is_active,
    count(*) as items,
    case when count(*) >= 5 then quantile_disc(stays.days, 0.5) end as days_median,
    case when count(*) >= 5 then quantile_disc(stays.days, 0.85) end as days_p85,
    round(sum(stays.days), 2) as days_in_all,
    case when any_value(efficiency.items) >= 5 then any_value(efficiency.median) end as flow_efficiency_median
from stays
cross join efficiency
group by stays.status
order by
    list_position(['new', 'indeterminate', 'done'], any_value(stays.status_category)) asc nulls first,
    avg(stays.visit) asc,
    stays.status asc
