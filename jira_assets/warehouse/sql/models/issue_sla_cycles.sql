-- group: metrics
-- scope: project
-- key: project_id
-- parts: jira_id of lake.jira_issue_fields, lake.jira_issues

create table warehouse.issue_sla_cycles as
with sla_fields as (
    select
        field_id as field_id,
        min(field_name) as field_name
    from site.fields
    where schema_custom = 'com.atlassian.servicedesk:sd-sla-field'
    group by field_id
),
held as (
    select
        held.jira_id as jira_id,
        held.field_id as field_id,
        sla_fields.field_name as field_name,
        issues.project as project_id,
        issues.synced_at as as_of,
        from_json(
            held.value,
            '{{
                "name": "VARCHAR",
                "completedCycles": ["JSON"],
                "ongoingCycle": "JSON"
            }}'
        ) as agreement
    from lake.jira_issue_fields as held
    inner join lake.jira_issues as issues on held.jira_id = issues.jira_id and held.project = issues.project
    left join sla_fields on held.field_id = sla_fields.field_id
    left join lake.moved as moved on held.jira_id = moved.jira_id
    where
        (moved.jira_id is null or moved.home = held.project)
        and (
            sla_fields.field_id is not null
            -- What it looks like is all there is where the fields of the site could not be read.
            or (held.field_id not in (select field_id from site.fields) and contains(held.value, '"completedCycles"'))
        )
        and json_type(held.value) = 'OBJECT'
),
cycles as (
    select
        jira_id as jira_id,
        field_id as field_id,
        coalesce(field_name, agreement.name) as sla_name,
        project_id as project_id,
        as_of as as_of,
        unnest(agreement.completedcycles) as cycle,
        generate_subscripts(agreement.completedcycles, 1) as place,
        false as is_ongoing
    from held
    union all
    select
        jira_id as jira_id,
        field_id as field_id,
        coalesce(field_name, agreement.name) as sla_name,
        project_id as project_id,
        as_of as as_of,
        agreement.ongoingcycle as cycle,
        null as place,
        true as is_ongoing
    from held
    where agreement.ongoingcycle is not null
),
typed as (
    select
        * exclude (cycle),
        sla_time(cycle -> '$.startTime') as started_at,
        sla_time(cycle -> '$.stopTime') as stopped_at,
        sla_time(cycle -> '$.breachTime') as breach_at,
        try_cast(cycle ->> '$.goalDuration.millis' as bigint) as goal_ms,
        try_cast(cycle ->> '$.elapsedTime.millis' as bigint) as elapsed_ms,
        try_cast(cycle ->> '$.remainingTime.millis' as bigint) as remaining_ms,
        try_cast(cycle ->> '$.breached' as boolean) as is_breached,
        try_cast(cycle ->> '$.paused' as boolean) as is_paused,
        try_cast(cycle ->> '$.withinCalendarHours' as boolean) as is_within_calendar_hours
    from cycles
    where json_type(cycle) = 'OBJECT'
)
select
    typed.jira_id::varchar as jira_id,
    typed.project_id::varchar as project_id,
    typed.field_id::varchar as sla_field_id,
    typed.sla_name::varchar as sla_name,
    row_number() over (
        partition by typed.jira_id, typed.field_id
        order by typed.is_ongoing asc, typed.started_at asc nulls last, typed.place asc
    )::integer as cycle_no,
    typed.is_ongoing::boolean as is_ongoing,
    typed.started_at::timestamp as started_at,
    typed.stopped_at::timestamp as stopped_at,
    typed.breach_at::timestamp as breach_at,
    typed.goal_ms::bigint as goal_ms,
    typed.elapsed_ms::bigint as elapsed_ms,
    typed.remaining_ms::bigint as remaining_ms,
    typed.is_breached::boolean as is_breached,
    typed.is_paused::boolean as is_paused,
    typed.is_within_calendar_hours::boolean as is_within_calendar_hours,
    typed.as_of::timestamp as as_of
from typed;

comment on table warehouse.issue_sla_cycles is 'Cycles of the service level agreements of each issue, one row per cycle, as Jira Service Management computed them';
comment on column warehouse.issue_sla_cycles.jira_id is 'Id of the issue';
comment on column warehouse.issue_sla_cycles.project_id is 'Id of its project today';
comment on column warehouse.issue_sla_cycles.sla_field_id is 'Id of the field of the agreement';
comment on column warehouse.issue_sla_cycles.sla_name is 'Name of the agreement, such as Time to resolution';
comment on column warehouse.issue_sla_cycles.cycle_no is 'Number of the cycle in the issue, from 1; the ongoing one is the last';
comment on column warehouse.issue_sla_cycles.is_ongoing is 'Whether the cycle was ongoing at as_of: its elapsed_ms, remaining_ms, is_breached and is_paused are true only of that time';
comment on column warehouse.issue_sla_cycles.started_at is 'When it started, UTC';
comment on column warehouse.issue_sla_cycles.stopped_at is 'When it was completed, UTC; null while it is ongoing';
comment on column warehouse.issue_sla_cycles.breach_at is 'When the goal is missed unless the cycle is completed or paused before, UTC; null if Jira does not say';
comment on column warehouse.issue_sla_cycles.goal_ms is 'Its goal in milliseconds of working time of its calendar';
comment on column warehouse.issue_sla_cycles.elapsed_ms is 'Working time it took, in milliseconds, without pauses; of an ongoing cycle, until as_of';
comment on column warehouse.issue_sla_cycles.remaining_ms is 'What was left of the goal, in milliseconds; negative if it was missed; of an ongoing cycle, at as_of';
comment on column warehouse.issue_sla_cycles.is_breached is 'Whether the goal was missed; of an ongoing cycle, by as_of: afterwards, if it is not paused and breach_at is over';
comment on column warehouse.issue_sla_cycles.is_paused is 'Whether the ongoing cycle was paused at as_of; null for completed ones';
comment on column warehouse.issue_sla_cycles.is_within_calendar_hours is 'Whether as_of was within the working time of its calendar; null for completed ones';
comment on column warehouse.issue_sla_cycles.as_of is 'When the issue was read from Jira, UTC; an agreement that advances does not have the issue read again';
