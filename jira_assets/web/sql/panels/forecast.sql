with within as materialized (
    select *
    from forecast_items($project, days := 28)
),
finish as materialized (
    select *
    from forecast_days($project)
)
select
    within.percent,
    within.items,
    within.finished_by as within_four_weeks,
    finish.items as open_items,
    finish.days as days_to_finish,
    finish.finished_by as all_finished_by
from within
inner join finish on within.percent = finish.percent
order by within.percent
