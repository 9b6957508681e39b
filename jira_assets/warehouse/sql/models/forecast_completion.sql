-- group: metrics
-- scope: all projects
-- macro: forecast_days

-- Filled with the query of the macro, for all projects at once.
create table warehouse.forecast_completion as
select
    null::varchar as project_id,
    null::varchar as project_key,
    null::date as as_of,
    null::integer as percent,
    null::bigint as items,
    null::integer as days,
    null::date as finished_by
where false;

comment on table warehouse.forecast_completion is 'Forecast of when the open issues of each project are delivered: forecast_days with default arguments; no rows: fewer than 5 issues delivered in twelve weeks';
comment on column warehouse.forecast_completion.project_id is 'Id of the project; null: all projects together';
comment on column warehouse.forecast_completion.project_key is 'Key of the project today; null: all projects together';
comment on column warehouse.forecast_completion.as_of is 'The day on which the forecast begins';
comment on column warehouse.forecast_completion.percent is 'Chance in percent: 50, 70, 85 or 95';
comment on column warehouse.forecast_completion.items is 'Issues that are not Done now';
comment on column warehouse.forecast_completion.days is 'Days after which they are delivered with that chance; null: more than 180';
comment on column warehouse.forecast_completion.finished_by is 'The day that many days after as_of'
