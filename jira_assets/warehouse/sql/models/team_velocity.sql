-- group: metrics
-- scope: view

-- The parts of sprint_velocity by the team of each issue today: those of a sprint add up to its row there.
create view warehouse.team_velocity as
with totals as (
    select
        items.sprint_id as sprint_id,
        flow.team as team,
        list_sort(list(distinct flow.project_key)) as project_keys,
        sum(items.points_at_start) filter (where items.is_committed) as commitment,
        sum(items.points_at_end) filter (where items.is_completed) as completed,
        sum(items.points_at_start) filter (where items.is_completed) as completed_as_planned,
        sum(items.points_at_end) filter (where items.is_completed_before) as completed_before,
        sum(items.points_at_end) filter (
            where (items.is_completed or items.is_carried_over) and not items.is_committed
        ) as added,
        sum(items.points_at_start) filter (where items.is_committed and not items.in_at_end) as removed,
        sum(coalesce(items.points_at_end, 0) - coalesce(items.points_at_start, 0)) filter (
            where items.is_committed and items.in_at_end
        ) as re_estimated,
        sum(items.points_at_end) filter (where items.is_carried_over) as carried_over,
        sum(items.points_at_end) filter (where items.is_carried_over_again) as carried_over_again,
        count(*) as items,
        count(*) filter (where items.in_at_end and items.points_at_end is null) as items_unestimated
    from sprint_items as items
    inner join issue_flow as flow on items.jira_id = flow.jira_id
    group by items.sprint_id, flow.team
)
select
    sprints.sprint_id::varchar as sprint_id,
    sprints.sprint_name::varchar as sprint_name,
    sprints.state::varchar as state,
    sprints.board_id::varchar as board_id,
    totals.team::varchar as team,
    totals.project_keys::varchar[] as project_keys,
    sprints.started_at::timestamp as started_at,
    sprints.ended_at::timestamp as ended_at,
    coalesce(totals.commitment, 0)::double as commitment,
    coalesce(totals.completed, 0)::double as completed,
    coalesce(totals.completed_as_planned, 0)::double as completed_as_planned,
    coalesce(totals.completed_before, 0)::double as completed_before,
    coalesce(totals.added, 0)::double as added,
    coalesce(totals.removed, 0)::double as removed,
    coalesce(totals.re_estimated, 0)::double as re_estimated,
    coalesce(totals.carried_over, 0)::double as carried_over,
    coalesce(totals.carried_over_again, 0)::double as carried_over_again,
    (coalesce(totals.completed_as_planned, 0) / nullif(totals.commitment, 0))::double as planning_accuracy,
    case
        when sprints.state = 'closed' then avg(coalesce(totals.completed, 0)) over (
            partition by sprints.board_id, sprints.state, totals.team
            order by sprints.ended_at, sprints.sprint_id
            rows between 6 preceding and current row
        )
    end::double as velocity,
    totals.items::bigint as items,
    totals.items_unestimated::bigint as items_unestimated
from totals
inner join sprint_velocity as sprints on totals.sprint_id = sprints.sprint_id;

comment on view warehouse.team_velocity is 'Part of each team in the commitment and result of each sprint, in story points; the parts of a sprint add up to sprint_velocity';
comment on column warehouse.team_velocity.sprint_id is 'Id of the sprint';
comment on column warehouse.team_velocity.sprint_name is 'Name of the sprint';
comment on column warehouse.team_velocity.state is 'active or closed; an active sprint has current figures';
comment on column warehouse.team_velocity.board_id is 'Board on which it was created';
comment on column warehouse.team_velocity.team is 'Team of the issues today; null: issues without a team';
comment on column warehouse.team_velocity.project_keys is 'Projects of these issues';
comment on column warehouse.team_velocity.started_at is 'When the sprint started, UTC';
comment on column warehouse.team_velocity.ended_at is 'When it was closed, UTC; null while it is active';
comment on column warehouse.team_velocity.commitment is 'Points of the issues of the team in the sprint and not Done at its start, as estimated then';
comment on column warehouse.team_velocity.completed is 'Points of its issues in the sprint and Done at its end and not Done at its start, as estimated at the end';
comment on column warehouse.team_velocity.completed_as_planned is 'Of its commitment, what was in the sprint and Done at its end';
comment on column warehouse.team_velocity.completed_before is 'Points of its issues in the sprint and Done both at its start and at its end';
comment on column warehouse.team_velocity.added is 'Points, at the end, of its issues added after the start, or Done at the start but not at the end';
comment on column warehouse.team_velocity.removed is 'Of its commitment, what was not in the sprint at its end';
comment on column warehouse.team_velocity.re_estimated is 'By how much the estimates of its committed issues that were in the sprint at its end changed';
comment on column warehouse.team_velocity.carried_over is 'Points of its issues in the sprint and not Done at its end';
comment on column warehouse.team_velocity.carried_over_again is 'Part of those points that had already been carried over from an earlier sprint';
comment on column warehouse.team_velocity.planning_accuracy is 'completed_as_planned / commitment';
comment on column warehouse.team_velocity.velocity is 'Mean of completed over this sprint and the previous six closed sprints of the board in which the team had issues';
comment on column warehouse.team_velocity.items is 'Issues of the team that were in the sprint while it ran';
comment on column warehouse.team_velocity.items_unestimated is 'Issues in it at its end without an estimate';
