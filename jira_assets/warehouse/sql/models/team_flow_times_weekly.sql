-- group: metrics
-- scope: view

create view warehouse.team_flow_times_weekly as
with weekly as (
    select
        team as team,
        date_trunc('week', finished_on)::date as week,
        count(*) as delivered,
        quantile_disc(lead_time_days, [0.5, 0.85]) as lead_times,
        count(cycle_time_days) as started,
        quantile_disc(cycle_time_days, [0.5, 0.85]) as cycle_times,
        count(flow_efficiency) as measured,
        quantile_disc(flow_efficiency, 0.5) as efficiency
    from issue_flow
    where is_counted and delivered and team is not null
    group by team, date_trunc('week', finished_on)
)
select
    team::varchar as team,
    week::date as week,
    delivered::bigint as lead_time_n,
    case when delivered >= 5 then lead_times[1] end::integer as lead_time_median,
    case when delivered >= 5 then lead_times[2] end::integer as lead_time_p85,
    started::bigint as cycle_time_n,
    case when started >= 5 then cycle_times[1] end::integer as cycle_time_median,
    case when started >= 5 then cycle_times[2] end::integer as cycle_time_p85,
    case when measured >= 5 then efficiency end::double as flow_efficiency_median
from weekly;

comment on view warehouse.team_flow_times_weekly is 'Lead and cycle times of the issues of each team delivered in each week, in all projects together';
comment on column warehouse.team_flow_times_weekly.team is 'Team of the issues today';
comment on column warehouse.team_flow_times_weekly.week is 'Monday of the week in which they were finished, in the time zone of the settings';
comment on column warehouse.team_flow_times_weekly.lead_time_n is 'Issues delivered';
comment on column warehouse.team_flow_times_weekly.lead_time_median is 'Median of their lead times, in days; null under 5 issues: not enough data';
comment on column warehouse.team_flow_times_weekly.lead_time_p85 is 'Days within which 85 % of them were delivered; null under 5 issues';
comment on column warehouse.team_flow_times_weekly.cycle_time_n is 'Of those, issues that were started';
comment on column warehouse.team_flow_times_weekly.cycle_time_median is 'Median of their cycle times, in days; null under 5 issues';
comment on column warehouse.team_flow_times_weekly.cycle_time_p85 is 'Days from the start within which 85 % of them were delivered; null under 5 issues';
comment on column warehouse.team_flow_times_weekly.flow_efficiency_median is 'Median of their flow efficiency; null under 5 issues, or if JIRA_ASSETS_ACTIVE_STATUSES is empty';
