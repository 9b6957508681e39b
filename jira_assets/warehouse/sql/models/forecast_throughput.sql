-- group: metrics
-- scope: all projects
-- macro: forecast_items

-- Filled with the query of the macro, for all projects at once.
create table warehouse.forecast_throughput as
select
    null::varchar as project_id,
    null::varchar as project_key,
    null::date as as_of,
    null::integer as percent,
    null::integer as days,
    null::date as finished_by,
    null::bigint as items
where false;

comment on table warehouse.forecast_throughput is 'Forecast of the items that each project delivers within 28 days: forecast_items with default arguments; no rows: fewer than 5 issues delivered in twelve weeks';
comment on column warehouse.forecast_throughput.project_id is 'Id of the project; null: all projects together';
comment on column warehouse.forecast_throughput.project_key is 'Key of the project today; null: all projects together';
comment on column warehouse.forecast_throughput.as_of is 'The day on which the forecast begins';
comment on column warehouse.forecast_throughput.percent is 'Chance in percent: 50, 70, 85 or 95';
comment on column warehouse.forecast_throughput.days is 'Forecast horizon in days: 28';
comment on column warehouse.forecast_throughput.finished_by is 'The day that many days after as_of';
comment on column warehouse.forecast_throughput.items is 'Issues delivered by then: so many or more with that chance'
