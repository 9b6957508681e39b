with epics as not materialized (
    select *
    from epic_progress
    where
        is_open
        and ($project is null or project_key = $project)
        and ($epic is null or regexp_extract(epic_id, '.*:') || epic_key = $epic)
),
present as (
    select
        epic_id as epic_id,
        arg_max(struct_pack(scope := scope_issues, done := done_issues, points := scope_points, points_done := done_points), week) as now,
        sum(added) filter (where week > as_of - 28) as added,
        sum(removed) filter (where week > as_of - 28) as removed,
        any_value(epic_key) as epic_key,
        any_value(summary) as summary
    from epics
    cross join (select max(as_of) as as_of from metric_settings)
    group by epic_id
),
finishes as (
    select
        subject_id as epic_id,
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
    where now.scope > 0
)
select
    present.epic_key as jira_key,
    present.summary,
    present.now.done as done_issues,
    present.now.scope - present.now.done as open_issues,
    present.now.scope as scope_issues,
    present.now.points_done as done_points,
    present.now.points as scope_points,
    present.added as added_in_four_weeks,
    present.removed as removed_in_four_weeks,
    finishes.delivered as delivered_in_twelve_weeks,
    finishes.half_by,
    finishes.finished_by,
    finishes.epic_id is not null as has_forecast,
    numbers.epics,
    issues.url
from present
cross join numbers
left join finishes on present.epic_id = finishes.epic_id
left join jira_issues as issues on present.epic_id = issues.jira_id
where present.now.scope > 0
order by
    finishes.epic_id is null asc,
    finishes.finished_by asc nulls last,
    present.now.scope - present.now.done desc,
    present.epic_key asc
limit 12
