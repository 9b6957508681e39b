-- What a forecast is made from is compared, not which projects changed: the row of all together changes with any.
insert into warehouse.{table}
from {table}_before as forecast
where exists (
    from (
        from warehouse.forecast_inputs
        intersect
        from forecast_inputs_before
    ) as same
    where same.project_id is not distinct from forecast.project_id
)
