-- group: metrics
-- scope: all projects
-- parts: jira_id of warehouse.issue_block_spans

-- All projects: a blocker may be an issue of another one.
create table warehouse.issue_blocked_times as
with cut as (
    select
        spans.jira_id as jira_id,
        spans.reason as reason,
        greatest(spans.started_at, flow.started_at) as since,
        least(coalesce(spans.ended_at, flow.finished_at), flow.finished_at) as until
    from warehouse.issue_block_spans as spans
    inner join warehouse.issue_flow as flow on spans.jira_id = flow.jira_id
    where
        spans.contradiction is null
        and flow.started_at < flow.finished_at
        and spans.started_at < flow.finished_at
        and (spans.ended_at is null or spans.ended_at > flow.started_at)
),
-- Those of one reason overlap too, where an issue has two blockers.
of_reasons as (
    select * from cut
    union all by name
    select * exclude (reason) from cut
),
apart as (
    select
        jira_id as jira_id,
        reason as reason,
        until as until,
        greatest(since, coalesce(max(until) over (
            partition by jira_id, reason
            order by since asc, until asc
            rows between unbounded preceding and 1 preceding
        ), since)) as since
    from of_reasons
),
blocked as (
    select
        jira_id as jira_id,
        reason as reason,
        sum(greatest(date_diff('millisecond', since, until), 0)) / 1000.0 as seconds
    from apart
    group by jira_id, reason
)
select
    blocked.jira_id::varchar as jira_id,
    flow.project_id::varchar as project_id,
    blocked.reason::varchar as reason,
    round(blocked.seconds / 86400.0, 6)::double as days,
    (blocked.seconds / flow.cycle_time_seconds)::double as share
from blocked
inner join warehouse.issue_flow as flow on blocked.jira_id = flow.jira_id;

comment on table warehouse.issue_blocked_times is 'How long finished issues were blocked between their start and their finish, one row per reason and one without a reason for all together; issues that were not blocked then have no row';
comment on column warehouse.issue_blocked_times.jira_id is 'Id of the issue';
comment on column warehouse.issue_blocked_times.project_id is 'Id of its project';
comment on column warehouse.issue_blocked_times.reason is 'flagged, status or link, as in issue_block_spans; null: blocked for any reason. Reasons may overlap, so their days do not add up to that row';
comment on column warehouse.issue_blocked_times.days is 'Days of 24 hours in which it was blocked, times that overlap counted once';
comment on column warehouse.issue_blocked_times.share is 'Share of the time from start to finish, issue_flow.cycle_time_seconds';
