-- group: metrics
-- scope: view

create view warehouse.blocked_times as
with items as (
    select
        jira_id as jira_id,
        project_id as project_id,
        project_key as project_key,
        issue_type as issue_type,
        team as team,
        date_trunc('week', finished_on)::date as week,
        cycle_time_seconds as seconds
    from issue_flow
    where is_counted and delivered and started_at is not null
),
weeks as (
    select
        project_id as project_id,
        any_value(project_key) as project_key,
        issue_type as issue_type,
        team as team,
        week as week,
        count(*) as issues,
        -- Rounded: the last digits of a sum depend on the order in which threads add it up.
        round(sum(seconds) / 86400.0, 6) as days
    from items
    group by project_id, issue_type, team, week
),
blocked as (
    select
        items.project_id as project_id,
        items.issue_type as issue_type,
        items.team as team,
        items.week as week,
        times.reason as reason,
        count(*) as issues,
        round(sum(times.days), 6) as days
    from items
    inner join issue_blocked_times as times on items.jira_id = times.jira_id
    group by items.project_id, items.issue_type, items.team, items.week, times.reason
),
reasons as (
    select unnest(['flagged', 'status', 'link', null]) as reason
),
left_out as (
    select
        project_id as project_id,
        issue_type as issue_type,
        team as team,
        count(*) as issues
    from issue_flow
    where is_counted and is_left_out
    group by project_id, issue_type, team
)
select
    weeks.project_id::varchar as project_id,
    weeks.project_key::varchar as project_key,
    weeks.issue_type::varchar as issue_type,
    weeks.team::varchar as team,
    weeks.week::date as week,
    reasons.reason::varchar as reason,
    weeks.issues::bigint as cycle_time_n,
    coalesce(blocked.issues, 0)::bigint as blocked_n,
    coalesce(blocked.days, 0)::double as blocked_days,
    weeks.days::double as days_in_all,
    (coalesce(blocked.days, 0) / nullif(weeks.days, 0))::double as share_blocked,
    coalesce(left_out.issues, 0)::bigint as left_out
from weeks
cross join reasons
left join blocked
    on
        weeks.project_id = blocked.project_id
        and weeks.issue_type is not distinct from blocked.issue_type
        and weeks.team is not distinct from blocked.team
        and weeks.week = blocked.week
        and reasons.reason is not distinct from blocked.reason
left join left_out
    on
        weeks.project_id = left_out.project_id
        and weeks.issue_type is not distinct from left_out.issue_type
        and weeks.team is not distinct from left_out.team;

comment on view warehouse.blocked_times is 'How long the issues delivered in each week were blocked between their start and their finish, by type and team: a row for each reason, and one without a reason for all together';
comment on column warehouse.blocked_times.project_id is 'Id of the project';
comment on column warehouse.blocked_times.project_key is 'Key of the project today';
comment on column warehouse.blocked_times.issue_type is 'Name of the type';
comment on column warehouse.blocked_times.team is 'Team of the issues today; null: issues without a team';
comment on column warehouse.blocked_times.week is 'Monday of the week in which they were finished, in the time zone of the settings';
comment on column warehouse.blocked_times.reason is 'flagged, status or link, as in issue_block_spans; null: for any reason. Reasons may overlap, so their rows do not add up to that one';
comment on column warehouse.blocked_times.cycle_time_n is 'Issues delivered that were started before; the same for each reason';
comment on column warehouse.blocked_times.blocked_n is 'Of those, issues that were blocked between their start and their finish';
comment on column warehouse.blocked_times.blocked_days is 'Total days of 24 hours in which they were blocked then; times of an issue that overlap count once';
comment on column warehouse.blocked_times.days_in_all is 'Total days of 24 hours from start to finish of all cycle_time_n issues; the same for each reason';
comment on column warehouse.blocked_times.share_blocked is 'blocked_days / days_in_all; null if these are 0';
comment on column warehouse.blocked_times.left_out is 'Issues of the project, type and team excluded from these figures; issue_replay_flags has the reasons';
