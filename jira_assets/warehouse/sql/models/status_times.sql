-- group: metrics
-- scope: project
-- key: project_id
-- parts: project_id of warehouse.issue_flow, warehouse.issue_status_times

create table warehouse.status_times as
with times as (
    select *
    from warehouse.issue_status_times
    where is_counted and not is_left_out
),
statuses as (
    select
        project_id as project_id,
        status_id as status_id,
        any_value(status) as status,
        any_value(status_category) as status_category,
        any_value(is_active) as is_active,
        row_number() over (
            partition by project_id
            order by
                list_position(['new', 'indeterminate', 'done'], any_value(status_category)) asc nulls first,
                avg(first_visit) asc,
                status_id asc
        ) as place
    from times
    group by project_id, status_id
),
measured as (
    select
        project_id as project_id,
        status_id as status_id,
        count(*) as issues,
        -- Rounded: the last digits of a sum depend on the order in which threads add it up.
        round(sum(days), 6) as days,
        quantile_disc(days, [0.5, 0.85]) as times,
        count(age_days) as aged,
        quantile_disc(age_days, [0.5, 0.7, 0.85, 0.95]) as ages
    from times
    where delivered and days is not null
    group by project_id, status_id
),
left_out as (
    select
        project_id as project_id,
        count(*) as issues
    from warehouse.issue_flow
    where is_counted and is_left_out
    group by project_id
)
select
    statuses.project_id::varchar as project_id,
    settings.project_key::varchar as project_key,
    statuses.place::integer as place,
    statuses.status_id::varchar as status_id,
    statuses.status::varchar as status,
    statuses.status_category::varchar as status_category,
    statuses.is_active::boolean as is_active,
    coalesce(measured.issues, 0)::bigint as time_n,
    measured.days::double as days_in_all,
    case when measured.issues >= 5 then measured.times[1] end::double as days_median,
    case when measured.issues >= 5 then measured.times[2] end::double as days_p85,
    coalesce(measured.aged, 0)::bigint as age_n,
    case when measured.aged >= 5 then measured.ages[1] end::integer as age_p50,
    case when measured.aged >= 5 then measured.ages[2] end::integer as age_p70,
    case when measured.aged >= 5 then measured.ages[3] end::integer as age_p85,
    case when measured.aged >= 5 then measured.ages[4] end::integer as age_p95,
    coalesce(left_out.issues, 0)::bigint as left_out
from statuses
inner join warehouse.metric_settings as settings on statuses.project_id = settings.project_id
left join measured
    on statuses.project_id = measured.project_id and statuses.status_id is not distinct from measured.status_id
left join left_out on statuses.project_id = left_out.project_id;

comment on table warehouse.status_times is 'Time of delivered issues in each status, and their age when they left it';
comment on column warehouse.status_times.project_id is 'Id of the project';
comment on column warehouse.status_times.project_key is 'Key of the project today';
comment on column warehouse.status_times.place is 'Place of the status in the workflow: by category, then by how early issues come into it';
comment on column warehouse.status_times.status_id is 'Id of the status';
comment on column warehouse.status_times.status is 'Name of the status today';
comment on column warehouse.status_times.status_category is 'new, indeterminate or done';
comment on column warehouse.status_times.is_active is 'Whether JIRA_ASSETS_ACTIVE_STATUSES lists the status; null if that setting is empty';
comment on column warehouse.status_times.time_n is 'Delivered issues that were in it and left it';
comment on column warehouse.status_times.days_in_all is 'Total days they spent in it';
comment on column warehouse.status_times.days_median is 'Median of the days an issue spent in it, all visits together; null under 5 issues: not enough data';
comment on column warehouse.status_times.days_p85 is '85th percentile of those days; null under 5 issues';
comment on column warehouse.status_times.age_n is 'Delivered issues that left it after their start';
comment on column warehouse.status_times.age_p50 is 'Age in days, counted from the start, at which half of them had left it for the last time; null under 5 issues';
comment on column warehouse.status_times.age_p70 is 'The same for 70 %';
comment on column warehouse.status_times.age_p85 is 'The same for 85 %';
comment on column warehouse.status_times.age_p95 is 'The same for 95 %';
comment on column warehouse.status_times.left_out is 'Issues of the project excluded from these figures; issue_replay_flags has the reasons';
