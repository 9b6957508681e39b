-- 10,000 trials draw day after day from the last twelve weeks. Which day is drawn is a hash of trial, day and seed,
-- spelt out since DuckDB's own differs between versions: the same answer everywhere, on any number of threads.
use warehouse;

create macro forecast_days(project, items := null) as table
with recursive chosen as (
    select
        as_of as as_of,
        daily as daily,
        coalesce(items, open_issues)::bigint as goal
    from forecast_inputs
    where project_key is not distinct from project and delivered >= 5
),
trials as (
    select
        numbers.trial::ubigint as trial,
        0::ubigint as day,
        chosen.goal as missing,
        chosen.daily as daily
    from chosen
    cross join range(10000) as numbers(trial)
    union all
    select
        trial as trial,
        day + 1 as day,
        missing - daily[1 + (xor(second_hash, second_hash >> 16) % 84)::integer] as missing,
        daily as daily
    from (
        select
            trial as trial,
            day as day,
            missing as missing,
            daily as daily,
            (xor(first_hash, first_hash >> 13) * 3266489909::ubigint) & 4294967295 as second_hash
        from (
            select
                trial as trial,
                day as day,
                missing as missing,
                daily as daily,
                (xor(seeded, seeded >> 16) * 2246822507::ubigint) & 4294967295 as first_hash
            from (
                select
                    trial as trial,
                    day as day,
                    missing as missing,
                    daily as daily,
                    trial * 1024 + day + 54672031 as seeded
                from trials
                where missing > 0 and day < 180
            )
        )
    )
),
finishes as (
    select
        coalesce(min(day) filter (where missing <= 0), 181)::integer as day
    from trials
    group by trial
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

comment on macro table forecast_days is 'Days until a project (null: all together) has delivered its open issues, or so many items, with 50, 70, 85 and 95 % of 10,000 trials; null: more than 180; no rows: fewer than 5 issues delivered in twelve weeks';

use memory
