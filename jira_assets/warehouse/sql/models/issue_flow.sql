-- group: metrics
-- scope: project
-- key: project_id
-- parts: jira_id of warehouse.issue_replay_flags, warehouse.issue_status_spans, warehouse.jira_issues

-- `finished_at` is the last time an issue came into Done from outside, while it is Done now: a move from one Done
-- status to the next is not a second finish.
create table warehouse.issue_flow as
with flags as (
    select
        jira_id as jira_id,
        bool_or(replay in ('status', 'category')) as has_status_flag,
        list_sort(list(replay)) as replays
    from warehouse.issue_replay_flags
    group by jira_id
),
lives as (
    select
        jira_id as jira_id,
        min(entered_at) filter (where status_category = 'indeterminate') as started_at,
        max(entered_at) filter (where status_category = 'done' and previous_category is distinct from 'done')
            as done_at,
        bool_or(left_at is null and coalesce(status_category = 'done', false)) as is_done,
        count(*) filter (where previous_category = 'done' and status_category is distinct from 'done') as reopened,
        count(*) filter (where previous_category = 'done' and status_category = 'done') as moved_while_done,
        count(*) filter (
            where
                (previous_category = 'done' and status_category in ('new', 'indeterminate'))
                or (previous_category = 'indeterminate' and status_category = 'new')
        ) as moved_backwards,
        max(entered_at) as status_since
    from warehouse.issue_status_spans
    group by jira_id
),
clean as (
    select
        lives.jira_id as jira_id,
        lives.started_at as started_at,
        case when lives.is_done then lives.done_at end as finished_at,
        lives.reopened as reopened,
        lives.moved_while_done as moved_while_done,
        lives.moved_backwards as moved_backwards,
        lives.status_since as status_since
    from lives
    left join flags on lives.jira_id = flags.jira_id
    where not coalesce(flags.has_status_flag, false)
),
active as (
    select
        spans.jira_id as jira_id,
        sum(
            greatest(
                date_diff(
                    'millisecond',
                    greatest(spans.entered_at, clean.started_at),
                    least(spans.left_at, clean.finished_at)
                ),
                0
            )
        ) / 1000.0 as seconds
    from warehouse.issue_status_spans as spans
    inner join clean on spans.jira_id = clean.jira_id
    where spans.is_active and clean.finished_at > clean.started_at
    group by spans.jira_id
),
timed as (
    select
        issues.jira_id as jira_id,
        issues.jira_key as jira_key,
        issues.url as url,
        issues.project_id as project_id,
        issues.project_key as project_key,
        issues.issue_type as issue_type,
        issues.hierarchy_level as hierarchy_level,
        issues.status_id as status_id,
        issues.status as status,
        coalesce(statuses.status_category, issues.status_category) as status_category,
        issues.story_points as story_points,
        issues.assignee_id as assignee_id,
        issues.team as team,
        issues.updated_at as updated_at,
        issues.cycle_time_hours as cycle_time_hours,
        issues.issue_created_at as created_at,
        clean.started_at as started_at,
        clean.finished_at as finished_at,
        local_day(issues.issue_created_at) as created_on,
        local_day(clean.started_at) as started_on,
        local_day(clean.finished_at) as finished_on,
        local_day(clean.status_since) as status_since_on,
        clean.reopened as reopened,
        clean.moved_while_done as moved_while_done,
        clean.moved_backwards as moved_backwards,
        coalesce(list_contains(settings.hierarchy_levels, coalesce(issues.hierarchy_level, 0)), false) as is_counted,
        coalesce(flags.replays, []) as flags,
        coalesce(flags.has_status_flag, false) as is_left_out,
        settings.as_of as as_of,
        not coalesce(
            list_has_any(settings.undelivered_resolutions, [folded(issues.resolution), issues.resolution_id]), false
        ) as is_wanted,
        case when len(settings.active_statuses) > 0 then coalesce(active.seconds, 0) end as active_seconds
    from warehouse.jira_issues as issues
    left join warehouse.metric_settings as settings on issues.project_id = settings.project_id
    left join warehouse.project_statuses as statuses
        on issues.project_id = statuses.project_id and issues.status_id = statuses.status_id
    left join flags on issues.jira_id = flags.jira_id
    left join clean on issues.jira_id = clean.jira_id
    left join active on issues.jira_id = active.jira_id
)
select
    jira_id::varchar as jira_id,
    jira_key::varchar as jira_key,
    url::varchar as url,
    project_id::varchar as project_id,
    project_key::varchar as project_key,
    issue_type::varchar as issue_type,
    hierarchy_level::integer as hierarchy_level,
    status_id::varchar as status_id,
    status::varchar as status,
    status_category::varchar as status_category,
    story_points::double as story_points,
    assignee_id::varchar as assignee_id,
    team::varchar as team,
    is_counted::boolean as is_counted,
    is_left_out::boolean as is_left_out,
    flags::varchar[] as flags,
    created_at::timestamp as created_at,
    started_at::timestamp as started_at,
    finished_at::timestamp as finished_at,
    created_on::date as created_on,
    started_on::date as started_on,
    finished_on::date as finished_on,
    (finished_at is not null and is_wanted)::boolean as delivered,
    (date_diff('day', created_on, finished_on) + 1)::integer as lead_time_days,
    (date_diff('day', started_on, finished_on) + 1)::integer as cycle_time_days,
    (date_diff('millisecond', created_at, finished_at) / 1000.0)::double as lead_time_seconds,
    (date_diff('millisecond', started_at, finished_at) / 1000.0)::double as cycle_time_seconds,
    cycle_time_hours::double as cycle_time_hours,
    case when started_at < finished_at then active_seconds end::double as active_seconds,
    case
        when started_at < finished_at
            then active_seconds / (date_diff('millisecond', started_at, finished_at) / 1000.0)
    end::double as flow_efficiency,
    case
        when started_at is not null and finished_at is null and status_category is distinct from 'done'
            then date_diff('day', least(started_on, as_of), as_of) + 1
    end::integer as age_days,
    status_since_on::date as status_since,
    updated_at::timestamp as updated_at,
    reopened::integer as reopened,
    moved_backwards::integer as moved_backwards,
    moved_while_done::integer as moved_while_done
from timed;

comment on table warehouse.issue_flow is 'Flow of each issue from creation to start and finish, one row per issue';
comment on column warehouse.issue_flow.jira_id is 'Id of the issue';
comment on column warehouse.issue_flow.jira_key is 'Key of the issue today';
comment on column warehouse.issue_flow.url is 'Address of the issue in Jira';
comment on column warehouse.issue_flow.project_id is 'Id of its project';
comment on column warehouse.issue_flow.project_key is 'Key of its project today';
comment on column warehouse.issue_flow.issue_type is 'Name of its type';
comment on column warehouse.issue_flow.hierarchy_level is '-1 sub-task, 0 standard, 1 epic and above';
comment on column warehouse.issue_flow.status_id is 'Id of its status today';
comment on column warehouse.issue_flow.status is 'Name of that status';
comment on column warehouse.issue_flow.status_category is 'Category of the status: new, indeterminate or done, with the overrides of the settings';
comment on column warehouse.issue_flow.story_points is 'Its estimate today';
comment on column warehouse.issue_flow.assignee_id is 'Team member it is assigned to';
comment on column warehouse.issue_flow.team is 'Its team today, as in jira_issues';
comment on column warehouse.issue_flow.is_counted is 'Whether the metrics count issues of its hierarchy level';
comment on column warehouse.issue_flow.is_left_out is 'Whether its changes contradict its current status, or it was in a status of unknown category: excluded from all series, the columns below are null';
comment on column warehouse.issue_flow.flags is 'Replays of the issue that are not used, as in issue_replay_flags: status, category, sprint, estimate';
comment on column warehouse.issue_flow.created_at is 'When it was created, UTC';
comment on column warehouse.issue_flow.started_at is 'When it first entered a status of the category In Progress, UTC';
comment on column warehouse.issue_flow.finished_at is 'When it last entered Done, UTC; null if it is not Done now';
comment on column warehouse.issue_flow.created_on is 'Day of its creation in the time zone of the settings';
comment on column warehouse.issue_flow.started_on is 'Day of its start';
comment on column warehouse.issue_flow.finished_on is 'Day of its finish';
comment on column warehouse.issue_flow.delivered is 'Whether it is finished, with a resolution that counts as delivered or none';
comment on column warehouse.issue_flow.lead_time_days is 'Calendar days from creation to finish, both included';
comment on column warehouse.issue_flow.cycle_time_days is 'Calendar days from start to finish, both included; null when it never started';
comment on column warehouse.issue_flow.lead_time_seconds is 'Seconds from creation to finish';
comment on column warehouse.issue_flow.cycle_time_seconds is 'Seconds from start to finish';
comment on column warehouse.issue_flow.cycle_time_hours is 'Hours from creation to resolved_at, as in jira_issues; null while unresolved';
comment on column warehouse.issue_flow.active_seconds is 'Seconds from start to finish spent in statuses that the settings call active';
comment on column warehouse.issue_flow.flow_efficiency is 'active_seconds / cycle_time_seconds; null if JIRA_ASSETS_ACTIVE_STATUSES is empty';
comment on column warehouse.issue_flow.age_days is 'Calendar days since the start, both included, of issues started and not finished';
comment on column warehouse.issue_flow.status_since is 'Day on which it entered its current status';
comment on column warehouse.issue_flow.updated_at is 'When it last changed in Jira, UTC';
comment on column warehouse.issue_flow.reopened is 'Number of times it left Done';
comment on column warehouse.issue_flow.moved_backwards is 'Number of moves back to an earlier category';
comment on column warehouse.issue_flow.moved_while_done is 'Number of moves from one Done status to another';
