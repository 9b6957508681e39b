-- group: metrics
-- scope: project
-- key: project_id

create table warehouse.service_levels as
with recent as (
    select
        flow.project_id as project_id,
        flow.issue_type as issue_type,
        flow.cycle_time_days as cycle_time_days
    from warehouse.issue_flow as flow
    inner join warehouse.metric_settings as settings on flow.project_id = settings.project_id
    where
        flow.is_counted
        and flow.delivered
        and flow.cycle_time_days is not null
        and flow.finished_on > settings.as_of - 90
        and flow.finished_on <= settings.as_of
),
left_out as (
    select
        project_id as project_id,
        issue_type as issue_type,
        count(*) as issues
    from warehouse.issue_flow
    where is_counted and is_left_out
    group by project_id, issue_type
),
measured as (
    select
        project_id as project_id,
        issue_type as issue_type,
        count(*) as issues,
        quantile_disc(cycle_time_days, 0.85) as days
    from recent
    group by project_id, issue_type
)
select
    measured.project_id::varchar as project_id,
    settings.project_key::varchar as project_key,
    measured.issue_type::varchar as issue_type,
    settings.as_of::date as as_of,
    measured.issues::bigint as cycle_time_n,
    case when measured.issues >= 5 then measured.days end::integer as expected_days,
    coalesce(left_out.issues, 0)::bigint as left_out
from measured
inner join warehouse.metric_settings as settings on measured.project_id = settings.project_id
left join left_out
    on
        measured.project_id = left_out.project_id
        and measured.issue_type is not distinct from left_out.issue_type;

comment on table warehouse.service_levels is 'Service level expectation of each project and type: the cycle time within which 85 % of the issues delivered in the last 90 days were finished';
comment on column warehouse.service_levels.project_id is 'Id of the project';
comment on column warehouse.service_levels.project_key is 'Key of the project today';
comment on column warehouse.service_levels.issue_type is 'Name of the type';
comment on column warehouse.service_levels.as_of is 'The last of the 90 days';
comment on column warehouse.service_levels.cycle_time_n is 'Issues delivered in them that were started before';
comment on column warehouse.service_levels.expected_days is 'Days from start to finish, both included, within which 85 % of them were finished; null under 5 issues: not enough data';
comment on column warehouse.service_levels.left_out is 'Issues of the project and type excluded from these figures; issue_replay_flags has the reasons';
