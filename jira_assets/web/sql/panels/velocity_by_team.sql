-- How many issues are left out is known of the whole sprint only.
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
    completed / nullif(commitment, 0) as capacity_accuracy,
    velocity,
    items_unestimated,
    left_out,
    sprint_id
from (
    select
        parts.*,
        sprints.left_out
    from team_velocity as parts
    inner join sprint_velocity as sprints on parts.sprint_id = sprints.sprint_id
    where
        parts.state = 'closed'
        and parts.team = $team
        and ($project is null or list_contains(parts.project_keys, $project))
        and parts.ended_at::date <= $until::date
    order by parts.ended_at desc, parts.sprint_id desc
    limit 7
)
order by ended_at asc, sprint_id asc
