-- The rows of forecast_inputs are part of the macro: a macro finds no table where its file is attached under another name.
-- depends_on: warehouse.forecast_inputs
create or replace macro warehouse.forecast_days(project, items := null) as table
{forecast};

comment on macro table warehouse.forecast_days is 'Days until a project (null: all together) has delivered its open issues, or so many items, with a chance of 50, 70, 85 and 95 %; null: more than 180; no rows: fewer than 5 issues delivered in twelve weeks'
