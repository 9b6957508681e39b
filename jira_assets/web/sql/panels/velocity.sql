select
    sprint_name,
    ended_at::date as ended_on,
    project_keys,
    commitment,
    completed,
    completed_as_planned,
    completed_before,
    completed - completed_as_planned as completed_added,
    carried_over - carried_over_again as carried_over_once,
    carried_over_again,
    removed,
    nullif(greatest(commitment, completed, carried_over, removed), 0) as points,
    planning_accuracy,
    capacity_accuracy,
    velocity,
    items_unestimated,
    left_out,
    sprint_id
from (
    select *
    from sprint_velocity
    where
        state = 'closed'
        and ($project is null or list_contains(project_keys, $project))
        and ended_at::date <= $until::date
    order by ended_at desc, sprint_id desc
    limit 7
)
order by ended_at asc, sprint_id asc
