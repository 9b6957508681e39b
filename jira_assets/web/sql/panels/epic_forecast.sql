with subjects as (
    select
        issues.jira_id as subject_id,
        issues.jira_key,
        issues.summary,
        issues.url
    from jira_issues as issues
    inner join issue_flow as flow on issues.jira_id = flow.jira_id
    where
        issues.hierarchy_level > 0
        and flow.status_category is distinct from 'done'
        and ($project is null or issues.project_key = $project)
        and ($epic is null or regexp_extract(issues.jira_id, '.*:') || issues.jira_key = $epic)
),
present as (
    select
        changes.subject_id as subject_id,
        sum(changes.added - changes.removed)::bigint as scope,
        sum(changes.done)::bigint as done,
        round(sum(changes.scope_points), 2) as scope_points,
        round(sum(changes.done_points), 2) as done_points,
        coalesce(sum(changes.added) filter (where changes.week > today.as_of - 28), 0)::bigint as added,
        coalesce(sum(changes.removed) filter (where changes.week > today.as_of - 28), 0)::bigint as removed
    from progress_changes as changes
    semi join subjects on changes.subject_id = subjects.subject_id
    cross join (select max(as_of) as as_of from metric_settings) as today
    where changes.kind = 'epic'
    group by changes.subject_id
    having sum(changes.added - changes.removed) > 0
),
finishes as (
    select
        subject_id as subject_id,
        any_value(delivered) as delivered,
        any_value(finished_by) filter (where percent = 50) as half_by,
        any_value(finished_by) filter (where percent = 85) as finished_by
    from progress_forecasts
    where kind = 'epic'
    group by subject_id
),
numbers as (
    select count(*) as epics
    from present
)
select
    subjects.jira_key,
    subjects.summary,
    present.done as done_issues,
    present.scope - present.done as open_issues,
    present.scope as scope_issues,
    present.done_points,
    present.scope_points,
    present.added as added_in_four_weeks,
    present.removed as removed_in_four_weeks,
    finishes.delivered as delivered_in_twelve_weeks,
    finishes.half_by,
    finishes.finished_by,
    finishes.subject_id is not null as has_forecast,
    numbers.epics,
    subjects.url
from present
inner join subjects on present.subject_id = subjects.subject_id
cross join numbers
left join finishes on present.subject_id = finishes.subject_id
order by
    finishes.subject_id is null asc,
    finishes.finished_by asc nulls last,
    open_issues desc,
    subjects.jira_key asc
limit 12
