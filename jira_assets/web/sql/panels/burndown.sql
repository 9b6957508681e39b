with chosen as (
    select
        sprint_id,
        sprint_name,
        state
    from sprint_velocity
    where
        sprint_id in (select sprint_id from sprint_burndown)
        and ($project is null or ($sprint is not null or list_contains(project_keys, $project)))
        and ($sprint is null or sprint_id = $sprint)
    order by state = 'active' desc, started_at desc, sprint_id desc
    limit 1
)
select
    chosen.sprint_name,
    chosen.state,
    days.day_number,
    days.day,
    days.is_working_day,
    days.remaining,
    days.guideline,
    days.burned,
    days.added,
    days.removed,
    days.re_estimated,
    days.added + days.re_estimated - days.removed as scope_change,
    days.items_remaining
from sprint_burndown as days
inner join chosen on days.sprint_id = chosen.sprint_id
order by days.day_number
