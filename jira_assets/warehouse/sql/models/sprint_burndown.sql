-- group: metrics
-- scope: all projects
-- parts: sprint_id of warehouse.issue_sprint_spans, warehouse.sprint_items, warehouse.sprint_velocity

-- The state of each issue at the start and at the end of each day; what differs from one to the next is a step.
-- An open sprint shows the present on the last day, and only the guideline on the days to come.
create table warehouse.sprint_burndown as
with sprints as (
    select
        velocity.sprint_id as sprint_id,
        velocity.left_out as left_out,
        velocity.commitment is not null as is_known,
        velocity.started_at as started_at,
        coalesce(velocity.ended_at, 'infinity'::timestamp) as ended_at,
        local_day(velocity.started_at) as first_day,
        least(local_day(velocity.ended_at), settings.as_of) as last_day,
        local_day(velocity.planned_end_at) as planned_day
    from warehouse.sprint_velocity as velocity
    cross join (select max(as_of) as as_of from warehouse.metric_settings) as settings
    where
        local_day(velocity.started_at) <= settings.as_of
        and (velocity.ended_at is null or local_day(velocity.ended_at) >= settings.as_of - 90)
        -- Dates that a person mistyped make no sprint of years.
        and greatest(least(local_day(velocity.ended_at), settings.as_of), local_day(velocity.planned_end_at))
            - local_day(velocity.started_at) <= 366
),
days as (
    select
        sprint_id as sprint_id,
        unnest(generate_series(first_day, greatest(last_day, planned_day), interval 1 day))::date as day
    from sprints
),
moments as (
    select
        sprint_id as sprint_id,
        0 as day_number,
        first_day as day,
        started_at as moment
    from sprints
    union all
    select
        days.sprint_id as sprint_id,
        days.day - sprints.first_day + 1 as day_number,
        days.day as day,
        case
            when days.day < sprints.last_day then least(end_of_day(days.day), sprints.ended_at)
            when days.day = sprints.last_day then sprints.ended_at
        end as moment
    from days
    inner join sprints on days.sprint_id = sprints.sprint_id
),
items as (
    select
        items.sprint_id as sprint_id,
        items.jira_id as jira_id
    from warehouse.sprint_items as items
    semi join sprints on items.sprint_id = sprints.sprint_id
),
memberships as (
    select
        spans.jira_id as jira_id,
        spans.sprint_id as sprint_id,
        spans.entered_at as entered_at,
        spans.left_at as left_at
    from warehouse.issue_sprint_spans as spans
    semi join items on spans.jira_id = items.jira_id and spans.sprint_id = items.sprint_id
),
dones as (
    select
        spans.jira_id as jira_id,
        spans.entered_at as entered_at,
        spans.left_at as left_at
    from warehouse.issue_status_spans as spans
    semi join items on spans.jira_id = items.jira_id
    where spans.status_category = 'done'
),
estimates as (
    select
        spans.jira_id as jira_id,
        spans.story_points as story_points,
        spans.entered_at as entered_at,
        spans.left_at as left_at
    from warehouse.issue_estimate_spans as spans
    semi join items on spans.jira_id = items.jira_id
),
states as (
    select
        moments.sprint_id as sprint_id,
        moments.day_number as day_number,
        items.jira_id as jira_id,
        memberships.jira_id is not null as is_in,
        dones.jira_id is not null as is_done,
        coalesce(estimates.story_points, 0) as points
    from moments
    inner join items on moments.sprint_id = items.sprint_id
    left join memberships
        on
            items.jira_id = memberships.jira_id
            and items.sprint_id = memberships.sprint_id
            and moments.moment >= memberships.entered_at
            and (memberships.left_at is null or moments.moment < memberships.left_at)
    left join dones
        on
            items.jira_id = dones.jira_id
            and moments.moment >= dones.entered_at
            and (dones.left_at is null or moments.moment < dones.left_at)
    left join estimates
        on
            items.jira_id = estimates.jira_id
            and moments.moment >= estimates.entered_at
            and (estimates.left_at is null or moments.moment < estimates.left_at)
    where moments.moment is not null
),
steps as (
    select
        sprint_id as sprint_id,
        day_number as day_number,
        is_in as is_in,
        is_done as is_done,
        points as points,
        coalesce(lag(is_in) over history, is_in) as was_in,
        coalesce(lag(is_done) over history, is_done) as was_done,
        coalesce(lag(points) over history, points) as points_before
    from states
    window history as (partition by sprint_id, jira_id order by day_number)
),
sums as (
    select
        sprint_id as sprint_id,
        day_number as day_number,
        sum(points) filter (where is_in and not is_done) as remaining,
        count(*) filter (where is_in and not is_done) as items_remaining,
        sum(case when was_done then -points else points end) filter (
            where is_in and is_done <> was_done and (was_in or is_done)
        ) as burned,
        -- What came in and was Done on one day did both; what was Done before it came in did neither.
        sum(points) filter (where is_in and not was_in and not (was_done and is_done)) as added,
        sum(points_before) filter (where was_in and not is_in and not was_done) as removed,
        sum(points - points_before) filter (where is_in and was_in and not was_done) as re_estimated
    from steps
    group by sprint_id, day_number
),
counted as (
    select
        moments.sprint_id as sprint_id,
        sprints.left_out as left_out,
        sprints.is_known as is_known,
        moments.day_number as day_number,
        moments.day as day,
        moments.moment as moment,
        isodow(moments.day) < 6 as is_working_day,
        sums.remaining as remaining,
        sums.items_remaining as items_remaining,
        sums.burned as burned,
        sums.added as added,
        sums.removed as removed,
        sums.re_estimated as re_estimated,
        first_value(coalesce(sums.remaining, 0)) over until_now as at_start,
        count(*) filter (where moments.day_number > 0 and isodow(moments.day) < 6) over until_now as worked,
        count(*) filter (
            where moments.day_number > 0 and isodow(moments.day) < 6 and moments.day <= sprints.planned_day
        ) over (partition by moments.sprint_id) as planned
    from moments
    inner join sprints on moments.sprint_id = sprints.sprint_id
    left join sums on moments.sprint_id = sums.sprint_id and moments.day_number = sums.day_number
    window until_now as (partition by moments.sprint_id order by moments.day_number)
)
select
    sprint_id::varchar as sprint_id,
    day_number::integer as day_number,
    day::date as day,
    is_working_day::boolean as is_working_day,
    case when moment is not null and is_known then coalesce(remaining, 0) end::double as remaining,
    (case when is_known then at_start end * (1 - least(worked, planned) / nullif(planned, 0)::double))::double as guideline,
    case when moment is not null and is_known then coalesce(burned, 0) end::double as burned,
    case when moment is not null and is_known then coalesce(added, 0) end::double as added,
    case when moment is not null and is_known then coalesce(removed, 0) end::double as removed,
    case when moment is not null and is_known then coalesce(re_estimated, 0) end::double as re_estimated,
    case when moment is not null and is_known then coalesce(items_remaining, 0) end::bigint as items_remaining,
    left_out::bigint as left_out
from counted;

comment on table warehouse.sprint_burndown is 'Remaining work at the end of each day, for sprints of up to 366 days that are active or ended in the last 90 days: remaining changes by added - removed + re_estimated - burned';
comment on column warehouse.sprint_burndown.sprint_id is 'Id of the sprint';
comment on column warehouse.sprint_burndown.day_number is '0 is the moment of its start, 1 the end of its first day';
comment on column warehouse.sprint_burndown.day is 'The day, in the time zone of the settings';
comment on column warehouse.sprint_burndown.is_working_day is 'Whether the day is a weekday, Monday to Friday';
comment on column warehouse.sprint_burndown.remaining is 'Points of the issues in the sprint and not Done then; null for future days, and if every issue is excluded';
comment on column warehouse.sprint_burndown.guideline is 'Ideal line from the start to 0 at the planned end, flat on non-working days; null if there is no planned end';
comment on column warehouse.sprint_burndown.burned is 'Points that became Done since the row before, less those reopened';
comment on column warehouse.sprint_burndown.added is 'Points added to the sprint since then';
comment on column warehouse.sprint_burndown.removed is 'Points removed from the sprint since then';
comment on column warehouse.sprint_burndown.re_estimated is 'By how much estimates changed since then';
comment on column warehouse.sprint_burndown.items_remaining is 'Issues in the sprint and not Done then';
comment on column warehouse.sprint_burndown.left_out is 'Issues of the sprint excluded from these figures; issue_replay_flags has the reasons';
