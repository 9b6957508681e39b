with subjects as (
    select
        versions.version_id as subject_id,
        versions.version,
        versions.release_date,
        projects.project_key
    from jira_versions as versions
    inner join jira_projects as projects on versions.project_id = projects.project_id
    where
        not versions.is_released
        and not versions.is_archived
        and ($project is null or projects.project_key = $project)
        and ($version is null or versions.version = $version)
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
    where changes.kind = 'version'
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
    where kind = 'version'
    group by subject_id
),
numbers as (
    select count(*) as versions
    from present
)
select
    subjects.version,
    subjects.project_key,
    subjects.release_date,
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
    case
        when finishes.subject_id is not null
            then coalesce(finishes.finished_by > subjects.release_date, subjects.release_date is not null)
    end as is_late,
    numbers.versions
from present
inner join subjects on present.subject_id = subjects.subject_id
cross join numbers
left join finishes on present.subject_id = finishes.subject_id
order by
    subjects.release_date asc nulls last,
    open_issues desc,
    subjects.version asc,
    subjects.project_key asc
limit 12
