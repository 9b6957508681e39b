with versions as not materialized (
    select *
    from version_progress
    where
        is_open
        and ($project is null or project_key = $project)
        and ($version is null or version = $version)
),
present as (
    select
        version_id as version_id,
        arg_max(struct_pack(scope := scope_issues, done := done_issues, points := scope_points, points_done := done_points), week) as now,
        sum(added) filter (where week > as_of - 28) as added,
        sum(removed) filter (where week > as_of - 28) as removed,
        any_value(version) as version,
        any_value(project_key) as project_key,
        any_value(release_date) as release_date
    from versions
    cross join (select max(as_of) as as_of from metric_settings)
    group by version_id
),
finishes as (
    select
        subject_id as version_id,
        any_value(delivered) as delivered,
        any_value(finished_by) filter (where percent = 50) as half_by,
        any_value(finished_by) filter (where percent = 85) as finished_by
    from progress_forecasts
    where kind = 'version'
    group by subject_id
),
numbers as (
    select count(*) as versions
    from present
    where now.scope > 0
)
select
    present.version,
    present.project_key,
    present.release_date,
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
    finishes.version_id is not null as has_forecast,
    case when finishes.version_id is not null then coalesce(finishes.finished_by > present.release_date, present.release_date is not null) end as is_late,
    numbers.versions
from present
cross join numbers
left join finishes on present.version_id = finishes.version_id
where present.now.scope > 0
order by present.release_date asc nulls last, present.now.scope - present.now.done desc, present.version asc, present.project_key asc
limit 12
