-- What each of these projects delivers within so many days. `walk` has the chance of each number of steps after each day;
-- a step is one issue, as in days_to_goal, unless many are delivered.
with recursive inputs as materialized (
    select
        *,
        greatest(
            1, least((list_max(daily) + 23) // 24, (list_sum(daily) * least({within}, 180) / 84 / 200)::bigint)
        )::bigint as step
    from {inputs}
),
sized as (
    select
        coalesce(project_key, '') as subject,
        step as step
    from inputs
),
daily as (
    select
        coalesce(project_key, '') as subject,
        unnest(daily) as issues,
        1 as times
    from inputs
),
chances as materialized (
    {chances}
),
walk as (
    select
        coalesce(project_key, '') as subject,
        0::integer as day,
        0::bigint as done,
        1::double as chance
    from inputs
    union all
    select
        walk.subject as subject,
        (walk.day + 1)::integer as day,
        (walk.done + chances.steps)::bigint as done,
        -- Rounded: the last digits of a sum depend on the order in which threads add it up.
        round(sum(walk.chance * chances.chance), 12)::double as chance
    from walk
    inner join chances on walk.subject = chances.subject
    where walk.day < least({within}, 180)
    group by walk.subject, walk.day, walk.done + chances.steps
    having sum(walk.chance * chances.chance) > 0.000000001
),
reached as (
    select
        subject as subject,
        done as done,
        sum(chance) over (partition by subject order by done desc) as chance
    from walk
    where day = least({within}, 180)
),
percents as (
    select unnest([50, 70, 85, 95]) as percent
),
answers as (
    select
        reached.subject as subject,
        percents.percent as percent,
        max(reached.done) as done
    from reached
    inner join percents on reached.chance >= percents.percent / 100.0 - 0.000000001
    group by reached.subject, percents.percent
)
select
    {key_columns}
    answers.percent::integer as percent,
    least({within}, 180)::integer as days,
    (inputs.as_of + least({within}, 180)::integer)::date as finished_by,
    (answers.done * inputs.step)::bigint as items
from inputs
inner join answers on coalesce(inputs.project_key, '') = answers.subject
