-- The rows of forecast_inputs are part of it, as of forecast_days.
-- depends_on: warehouse.forecast_inputs
create or replace macro warehouse.forecast_items(project, days := {usual_days}) as table
{forecast};

comment on macro table warehouse.forecast_items is 'Items that a project (null: all together) delivers within so many days, at most 180: so many or more with a chance of 50, 70, 85 and 95 %; no rows: fewer than 5 issues delivered in twelve weeks'
