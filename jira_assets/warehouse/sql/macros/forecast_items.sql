-- The draws are those of forecast_days, and so are the rows of forecast_inputs in it.
-- depends_on: warehouse.forecast_inputs
create or replace macro warehouse.forecast_items(project, days := 28) as table
with inputs as (
    select
        unnest(
            from_json({forecast_inputs}, '[{{"project_key": "VARCHAR", "as_of": "DATE", "daily": ["INTEGER"]}}]'),
            max_depth := 2
        )
),
chosen as materialized (
    select
        as_of as as_of,
        daily as daily
    from inputs
    where project_key is not distinct from project
),
seeds as (
    select
        numbers.trial as trial,
        (numbers.trial * 1024 + dates.day + 54672031)::ubigint as seeded
    from range(10000) as numbers(trial)
    cross join range(least(days, 180)) as dates(day)
),
hashes as (
    select
        trial as trial,
        (xor(seeded, seeded >> 16) * 2246822507::ubigint) & 4294967295 as first_hash
    from seeds
),
picks as (
    select
        trial as trial,
        (xor(first_hash, first_hash >> 13) * 3266489909::ubigint) & 4294967295 as second_hash
    from hashes
),
totals as (
    select
        sum(chosen.daily[1 + (xor(picks.second_hash, picks.second_hash >> 16) % 84)::integer])::bigint as items
    from picks
    cross join chosen
    group by picks.trial
),
answers as (
    select
        unnest([50, 70, 85, 95]) as percent,
        unnest(quantile_disc(items, [0.5, 0.3, 0.15, 0.05])) as items
    from totals
)
select
    answers.percent::integer as percent,
    least(days, 180)::integer as days,
    (chosen.as_of + least(days, 180)::integer)::date as finished_by,
    answers.items::bigint as items
from answers
cross join chosen;

comment on macro table warehouse.forecast_items is 'Items that a project (null: all together) delivers within so many days, at most 180: the count reached in 50, 70, 85 and 95 % of 10,000 trials; no rows: fewer than 5 issues delivered in twelve weeks'
