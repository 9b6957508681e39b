-- The last value of every replayed series of these projects, and of every open sprint, beside what the issues that
-- are not left out are today.
with present as (
    select
        project_id as project_id,
        count(*) filter (where status_category is distinct from 'done') as open_issues,
        count(*) filter (where status_category = 'done') as done_issues,
        count(*) filter (where status_category = 'indeterminate') as in_progress
    from built.issue_flow
    where is_counted and not is_left_out and {of_projects}
    group by project_id
),
trend as (
    select
        project_id as project_id,
        sum(open_at_end) as open_issues
    from (
        select
            project_id,
            arg_max(open_at_end, week) as open_at_end
        from built.resolution_trend
        where {of_projects}
        group by project_id, issue_type, team
    )
    group by project_id
),
flow as (
    select
        project_id as project_id,
        sum(in_progress) as in_progress,
        sum(done) as done
    from (
        select
            project_id,
            arg_max(in_progress, day) as in_progress,
            arg_max(done, day) as done
        from built.cumulative_flow
        where {of_projects}
        group by project_id, issue_type, team
    )
    group by project_id
),
active as (
    select sprint_id
    from built.jira_sprints
    where state = 'active'
),
burndown as (
    select
        days.sprint_id as sprint_id,
        arg_max(days.remaining, days.day_number) filter (where days.remaining is not null) as remaining
    from built.sprint_burndown as days
    semi join active on days.sprint_id = active.sprint_id
    group by days.sprint_id
),
in_sprints as (
    select
        memberships.sprint_id as sprint_id,
        sum(issues.story_points) as points
    from built.jira_issue_sprints as memberships
    semi join active on memberships.sprint_id = active.sprint_id
    inner join built.jira_issues as issues on memberships.jira_id = issues.jira_id
    inner join built.issue_flow as flow on memberships.jira_id = flow.jira_id
    where
        flow.is_counted
        and coalesce(flow.hierarchy_level, 0) >= 0
        and len(flow.flags) = 0
        and flow.status_category is distinct from 'done'
    group by memberships.sprint_id
)
select
    'resolution_trend of project ' || present.project_id as series,
    coalesce(trend.open_issues, 0)::double as replayed,
    present.open_issues::double as present
from present
left join trend on present.project_id = trend.project_id
where coalesce(trend.open_issues, 0) <> present.open_issues
union all
select
    'cumulative_flow of project ' || present.project_id as series,
    coalesce(flow.done, 0)::double as replayed,
    present.done_issues::double as present
from present
left join flow on present.project_id = flow.project_id
where coalesce(flow.done, 0) <> present.done_issues or coalesce(flow.in_progress, 0) <> present.in_progress
union all
select
    'sprint_burndown of sprint ' || burndown.sprint_id as series,
    burndown.remaining as replayed,
    coalesce(in_sprints.points, 0) as present
from burndown
left join in_sprints on burndown.sprint_id = in_sprints.sprint_id
where abs(burndown.remaining - coalesce(in_sprints.points, 0)) > 0.001
order by series
