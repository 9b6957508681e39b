-- When each of these projects has delivered its goal.
with inputs as materialized (
    from {inputs}
),
goals as (
    select
        coalesce(project_key, '') as subject,
        ({goal})::bigint as goal
    from inputs
),
daily as (
    select
        coalesce(project_key, '') as subject,
        unnest(daily) as issues,
        1 as times
    from inputs
),
answers as (
    {days_to_goal}
)
select
    {key_columns}
    answers.percent::integer as percent,
    goals.goal::bigint as items,
    answers.day::integer as days,
    (inputs.as_of + answers.day)::date as finished_by
from inputs
inner join goals on coalesce(inputs.project_key, '') = goals.subject
inner join answers on goals.subject = answers.subject
