-- The days on which it becomes so likely that a goal is reached. `goals` has the goal of each subject, `daily` what it
-- delivered before, as in chances. `walk` has the chance of each number of steps still missing after each day. What
-- becomes less likely than one in a billion is left out.
-- Where up to 24 issues a day are delivered, or up to 400 are missing, a step is one issue and the chances are exact.
with recursive sized as materialized (
    select
        goals.subject as subject,
        goals.goal as goal,
        greatest(1, least((max(daily.issues) + 23) // 24, goals.goal // 200))::bigint as step
    from goals
    inner join daily on goals.subject = daily.subject
    group by goals.subject, goals.goal
),
chances as materialized (
    {chances}
),
walk as (
    select
        sized.subject as subject,
        0::integer as day,
        (sized.goal // sized.step + sides.side)::bigint as missing,
        (case sides.side when 1 then sized.goal % sized.step else sized.step - sized.goal % sized.step end / sized.step)::double
            as chance
    from sized
    cross join (values (0), (1)) as sides (side)
    where sized.goal > 0 and (sides.side = 0 or sized.goal % sized.step > 0)
    union all
    select
        walk.subject as subject,
        (walk.day + 1)::integer as day,
        (walk.missing - chances.steps)::bigint as missing,
        -- Rounded: the last digits of a sum depend on the order in which threads add it up.
        round(sum(walk.chance * chances.chance), 12)::double as chance
    from walk
    inner join chances on walk.subject = chances.subject
    where walk.day < 180 and walk.missing > chances.steps
    group by walk.subject, walk.day, walk.missing - chances.steps
    having sum(walk.chance * chances.chance) > 0.000000001
),
unfinished as (
    select
        subject as subject,
        day as day,
        sum(chance) as chance
    from walk
    where missing > 0
    group by subject, day
),
percents as (
    select unnest([50, 70, 85, 95]) as percent
),
-- The last day on which it is less sure than that: 180 means that it takes longer.
last_days as (
    select
        sized.subject as subject,
        percents.percent as percent,
        coalesce(max(unfinished.day) + 1, 0) as day
    from sized
    cross join percents
    left join unfinished
        on
            sized.subject = unfinished.subject
            and unfinished.chance > 1 - percents.percent / 100.0 + 0.000000001
    group by sized.subject, percents.percent
)
select
    subject as subject,
    percent as percent,
    case when day <= 180 then day end::integer as day
from last_days
