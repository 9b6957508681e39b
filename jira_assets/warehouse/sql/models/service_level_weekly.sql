-- group: metrics
-- scope: project
-- key: project_id

create table warehouse.service_level_weekly as
select
    levels.project_id::varchar as project_id,
    any_value(levels.project_key)::varchar as project_key,
    levels.issue_type::varchar as issue_type,
    date_trunc('week', flow.finished_on)::date as week,
    any_value(levels.expected_days)::integer as expected_days,
    count(*)::bigint as cycle_time_n,
    count(*) filter (where flow.cycle_time_days <= levels.expected_days)::bigint as within_n,
    (count(*) filter (where flow.cycle_time_days <= levels.expected_days) / count(*))::double as share_within,
    any_value(levels.left_out)::bigint as left_out
from warehouse.service_levels as levels
inner join warehouse.issue_flow as flow
    on
        levels.project_id = flow.project_id
        and levels.issue_type is not distinct from flow.issue_type
where
    levels.expected_days is not null
    and flow.is_counted
    and flow.delivered
    and flow.cycle_time_days is not null
group by levels.project_id, levels.issue_type, date_trunc('week', flow.finished_on);

comment on table warehouse.service_level_weekly is 'Share of the issues delivered in each week that were finished within the service level expectation of today';
comment on column warehouse.service_level_weekly.project_id is 'Id of the project';
comment on column warehouse.service_level_weekly.project_key is 'Key of the project today';
comment on column warehouse.service_level_weekly.issue_type is 'Name of the type';
comment on column warehouse.service_level_weekly.week is 'Monday of the week in which they were finished, in the time zone of the settings';
comment on column warehouse.service_level_weekly.expected_days is 'Service level expectation of the project and type, as in service_levels';
comment on column warehouse.service_level_weekly.cycle_time_n is 'Issues delivered that were started before';
comment on column warehouse.service_level_weekly.within_n is 'Of those, issues with a cycle time of at most expected_days';
comment on column warehouse.service_level_weekly.share_within is 'within_n / cycle_time_n';
comment on column warehouse.service_level_weekly.left_out is 'Issues of the project and type excluded from these figures; issue_replay_flags has the reasons';
