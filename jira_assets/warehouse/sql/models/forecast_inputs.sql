-- group: metrics
-- scope: all projects

-- Today is left out: it is not over.
create table warehouse.forecast_inputs as
with delivered as (
    select
        flow.project_id as project_id,
        flow.finished_on as day,
        count(*) as issues
    from warehouse.issue_flow as flow
    inner join warehouse.metric_settings as settings on flow.project_id = settings.project_id
    where
        flow.is_counted
        and flow.delivered
        and flow.finished_on >= settings.as_of - 84
        and flow.finished_on < settings.as_of
    group by flow.project_id, flow.finished_on
),
daily as (
    select
        settings.project_id as project_id,
        settings.as_of as as_of,
        days.number as number,
        sum(coalesce(delivered.issues, 0)) as issues
    from warehouse.metric_settings as settings
    cross join range(84) as days(number)
    left join delivered
        on settings.project_id = delivered.project_id and settings.as_of - 84 + days.number::integer = delivered.day
    group by grouping sets (
        (settings.project_id, settings.as_of, days.number),
        (settings.as_of, days.number)
    )
),
open as (
    select
        project_id as project_id,
        count(*) as issues
    from warehouse.issue_flow
    where is_counted and not is_left_out and status_category is distinct from 'done'
    group by grouping sets ((project_id), ())
)
select
    daily.project_id::varchar as project_id,
    any_value(settings.project_key)::varchar as project_key,
    daily.as_of::date as as_of,
    list(daily.issues order by daily.number)::integer[] as daily,
    sum(daily.issues)::bigint as delivered,
    any_value(coalesce(open.issues, 0))::bigint as open_issues
from daily
left join warehouse.metric_settings as settings on daily.project_id = settings.project_id
left join open on daily.project_id is not distinct from open.project_id
group by daily.project_id, daily.as_of;

comment on table warehouse.forecast_inputs is 'Input of the forecasts: the last twelve weeks of each project; the row without a project covers all projects';
comment on column warehouse.forecast_inputs.project_id is 'Id of the project; null: all projects together';
comment on column warehouse.forecast_inputs.project_key is 'Key of the project today; null: all projects together';
comment on column warehouse.forecast_inputs.as_of is 'The day on which forecasts begin';
comment on column warehouse.forecast_inputs.daily is 'Issues delivered on each of the 84 days before it';
comment on column warehouse.forecast_inputs.delivered is 'Issues delivered on all of them';
comment on column warehouse.forecast_inputs.open_issues is 'Issues that are not Done now';
