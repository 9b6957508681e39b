-- 10,000 trials draw day after day from the last twelve weeks. Which day is drawn is a hash of trial, day and seed,
-- spelt out since DuckDB's own differs between versions: the same answer everywhere, on any number of threads.
-- Rows of a trial hold no more than they must: with the twelve weeks in each of them, the page's memory was not enough.
-- Where not even the best of the days, day after day, leads to the goal, nothing has to be drawn.
-- The rows of forecast_inputs are part of the macro: a macro finds no table where its file is attached under another name.
-- depends_on: warehouse.forecast_inputs
create or replace macro warehouse.forecast_days(project, items := null) as table
with recursive inputs as (
    select
        unnest(
            from_json(
                {forecast_inputs},
                '[{{"project_key": "VARCHAR", "as_of": "DATE", "daily": ["INTEGER"], "open_issues": "BIGINT"}}]'
            ),
            max_depth := 2
        )
),
chosen as materialized (
    select
        as_of as as_of,
        daily as daily,
        coalesce(items, open_issues)::bigint as goal
    from inputs
    where project_key is not distinct from project
),
trials as (
    select
        numbers.trial::usmallint as trial,
        0::utinyint as day,
        chosen.goal as missing
    from chosen
    cross join range(10000) as numbers(trial)
    where list_max(chosen.daily) * 180 >= chosen.goal
    union all
    select
        draws.trial as trial,
        (draws.day + 1)::utinyint as day,
        draws.missing - chosen.daily[1 + (xor(draws.second_hash, draws.second_hash >> 16) % 84)::integer] as missing
    from (
        select
            trial as trial,
            day as day,
            missing as missing,
            (xor(first_hash, first_hash >> 13) * 3266489909::ubigint) & 4294967295 as second_hash
        from (
            select
                trial as trial,
                day as day,
                missing as missing,
                (xor(seeded, seeded >> 16) * 2246822507::ubigint) & 4294967295 as first_hash
            from (
                select
                    trial as trial,
                    day as day,
                    missing as missing,
                    trial::ubigint * 1024 + day + 54672031 as seeded
                from trials
                where missing > 0 and day < 180
            )
        )
    ) as draws
    cross join chosen
),
finishes as (
    select coalesce(trials.day, 181)::integer as day
    from range(10000) as numbers(trial)
    left join trials on numbers.trial = trials.trial and trials.missing <= 0
),
answers as (
    select
        unnest([50, 70, 85, 95]) as percent,
        unnest(quantile_disc(day, [0.5, 0.7, 0.85, 0.95])) as day
    from finishes
)
select
    answers.percent::integer as percent,
    chosen.goal::bigint as items,
    nullif(answers.day, 181)::integer as days,
    (chosen.as_of + nullif(answers.day, 181))::date as finished_by
from answers
cross join chosen;

comment on macro table warehouse.forecast_days is 'Days until a project (null: all together) has delivered its open issues, or so many items, with 50, 70, 85 and 95 % of 10,000 trials; null: more than 180; no rows: fewer than 5 issues delivered in twelve weeks'
