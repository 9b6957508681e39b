-- group: metrics
-- scope: project
-- key: project_id

create table warehouse.throughput_weekly as
with delivered as (
    select
        project_id as project_id,
        issue_type as issue_type,
        team as team,
        date_trunc('week', finished_on)::date as week,
        count(*) as issues
    from warehouse.issue_flow
    where is_counted and delivered
    group by project_id, issue_type, team, date_trunc('week', finished_on)
),
weeks as (
    select
        delivered.project_id as project_id,
        unnest(generate_series(min(delivered.week), any_value(settings.as_of), interval 7 day))::date as week
    from delivered
    inner join warehouse.metric_settings as settings on delivered.project_id = settings.project_id
    group by delivered.project_id
),
groups as (
    select distinct
        project_id as project_id,
        issue_type as issue_type,
        team as team
    from delivered
),
left_out as (
    select
        project_id as project_id,
        issue_type as issue_type,
        team as team,
        count(*) as issues
    from warehouse.issue_flow
    where is_counted and is_left_out
    group by project_id, issue_type, team
)
select
    weeks.project_id::varchar as project_id,
    settings.project_key::varchar as project_key,
    weeks.week::date as week,
    groups.issue_type::varchar as issue_type,
    groups.team::varchar as team,
    coalesce(delivered.issues, 0)::bigint as delivered,
    (
        avg(coalesce(delivered.issues, 0)) over (
            partition by weeks.project_id, groups.issue_type, groups.team
            order by weeks.week
            rows between 11 preceding and current row
        )
    )::double as mean_12_weeks,
    coalesce(left_out.issues, 0)::bigint as left_out
from weeks
inner join warehouse.metric_settings as settings on weeks.project_id = settings.project_id
inner join groups on weeks.project_id = groups.project_id
left join delivered
    on
        weeks.project_id = delivered.project_id
        and weeks.week = delivered.week
        and groups.issue_type is not distinct from delivered.issue_type
        and groups.team is not distinct from delivered.team
left join left_out
    on
        weeks.project_id = left_out.project_id
        and groups.issue_type is not distinct from left_out.issue_type
        and groups.team is not distinct from left_out.team;

comment on table warehouse.throughput_weekly is 'Issues delivered in each week by type and team; weeks without any have 0';
comment on column warehouse.throughput_weekly.project_id is 'Id of the project';
comment on column warehouse.throughput_weekly.project_key is 'Key of the project today';
comment on column warehouse.throughput_weekly.week is 'Monday of the week, in the time zone of the settings';
comment on column warehouse.throughput_weekly.issue_type is 'Name of the type';
comment on column warehouse.throughput_weekly.team is 'Team of the issues today; null: issues without a team';
comment on column warehouse.throughput_weekly.delivered is 'Issues delivered in it';
comment on column warehouse.throughput_weekly.mean_12_weeks is 'Mean of the 12 weeks that end with this one, or of those since the first delivery; means of types and teams may be added';
comment on column warehouse.throughput_weekly.left_out is 'Issues of the project, type and team excluded from these figures; issue_replay_flags has the reasons';
