-- group: metrics
-- scope: all projects

create table warehouse.flow_times_weekly as
with items as (
    select
        project_id as project_id,
        project_key as project_key,
        date_trunc('week', finished_on)::date as week,
        lead_time_days as lead_time_days,
        cycle_time_days as cycle_time_days,
        flow_efficiency as flow_efficiency
    from warehouse.issue_flow
    where is_counted and delivered
),
weekly as (
    select
        project_id as project_id,
        any_value(project_key) as any_key,
        week as week,
        count(*) as delivered,
        quantile_disc(lead_time_days, [0.5, 0.85]) as lead_times,
        count(cycle_time_days) as started,
        quantile_disc(cycle_time_days, [0.5, 0.85]) as cycle_times,
        count(flow_efficiency) as measured,
        quantile_disc(flow_efficiency, 0.5) as efficiency
    from items
    group by grouping sets ((project_id, week), (week))
),
left_out as (
    select
        project_id as project_id,
        count(*) as issues
    from warehouse.issue_flow
    where is_counted and is_left_out
    group by grouping sets ((project_id), ())
)
select
    weekly.project_id::varchar as project_id,
    case when weekly.project_id is not null then any_key end::varchar as project_key,
    week::date as week,
    delivered::bigint as lead_time_n,
    case when delivered >= 5 then lead_times[1] end::integer as lead_time_median,
    case when delivered >= 5 then lead_times[2] end::integer as lead_time_p85,
    started::bigint as cycle_time_n,
    case when started >= 5 then cycle_times[1] end::integer as cycle_time_median,
    case when started >= 5 then cycle_times[2] end::integer as cycle_time_p85,
    case when measured >= 5 then efficiency end::double as flow_efficiency_median,
    coalesce(left_out.issues, 0)::bigint as left_out
from weekly
left join left_out on weekly.project_id is not distinct from left_out.project_id;

comment on table warehouse.flow_times_weekly is 'Lead and cycle times of the issues delivered in each week; rows without a project cover all projects';
comment on column warehouse.flow_times_weekly.project_id is 'Id of the project; null: all projects together';
comment on column warehouse.flow_times_weekly.project_key is 'Key of the project today; null: all projects together';
comment on column warehouse.flow_times_weekly.week is 'Monday of the week in which they were finished, in the time zone of the settings';
comment on column warehouse.flow_times_weekly.lead_time_n is 'Issues delivered';
comment on column warehouse.flow_times_weekly.lead_time_median is 'Median of their lead times, in days; null under 5 issues: not enough data';
comment on column warehouse.flow_times_weekly.lead_time_p85 is 'Days within which 85 % of them were delivered; null under 5 issues';
comment on column warehouse.flow_times_weekly.cycle_time_n is 'Of those, issues that were started';
comment on column warehouse.flow_times_weekly.cycle_time_median is 'Median of their cycle times, in days; null under 5 issues';
comment on column warehouse.flow_times_weekly.cycle_time_p85 is 'Days from the start within which 85 % of them were delivered; null under 5 issues';
comment on column warehouse.flow_times_weekly.flow_efficiency_median is 'Median of their flow efficiency; null under 5 issues, or if JIRA_ASSETS_ACTIVE_STATUSES is empty';
comment on column warehouse.flow_times_weekly.left_out is 'Issues of the project excluded from these figures; issue_replay_flags has the reasons';
