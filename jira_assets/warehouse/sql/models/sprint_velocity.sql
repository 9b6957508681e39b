-- group: metrics
-- scope: all projects

create table warehouse.sprint_velocity as
with totals as (
    select
        items.sprint_id as sprint_id,
        list_sort(list(distinct settings.project_key)) as project_keys,
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
        count(*) filter (where items.is_committed) as items_committed,
        count(*) filter (where items.is_completed) as items_completed,
        count(*) filter (where items.is_completed_before) as items_completed_before,
        count(*) filter (
            where (items.is_completed or items.is_carried_over) and not items.is_committed
        ) as items_added,
        count(*) filter (where items.is_committed and not items.in_at_end) as items_removed,
        count(*) filter (where items.is_carried_over) as items_carried_over,
        count(*) filter (where items.in_at_end and items.points_at_end is null) as items_unestimated
    from warehouse.sprint_items as items
    inner join warehouse.metric_settings as settings on items.project_id = settings.project_id
    group by items.sprint_id
),
left_out as (
    select
        members.sprint_id as sprint_id,
        list_sort(list(distinct flow.project_key)) as project_keys,
        count(*) as issues
    from (
        select
            sprint_id,
            jira_id
        from warehouse.jira_issue_sprints
        union
        select
            spans.sprint_id,
            spans.jira_id
        from warehouse.issue_sprint_spans as spans
        inner join warehouse.jira_sprints as sprints on spans.sprint_id = sprints.sprint_id
        where
            (spans.left_at is null or spans.left_at > sprints.started_at)
            and (sprints.state = 'active' or spans.entered_at <= coalesce(sprints.completed_at, sprints.ended_at))
    ) as members
    inner join warehouse.issue_flow as flow on members.jira_id = flow.jira_id
    where flow.is_counted and coalesce(flow.hierarchy_level, 0) >= 0 and len(flow.flags) > 0
    group by members.sprint_id
),
sprints as (
    select
        sprint_id as sprint_id,
        sprint_name as sprint_name,
        state as state,
        board_id as board_id,
        started_at as started_at,
        ended_at as planned_end_at,
        case when state = 'closed' then coalesce(completed_at, ended_at) end as ended_at
    from warehouse.jira_sprints
    where
        state in ('active', 'closed')
        and started_at is not null
        and (state = 'active' or started_at <= coalesce(completed_at, ended_at))
),
-- A sprint of which every issue is left out has no figures, and no part in the mean: 0 would be said, not known.
known as (
    select
        sprints.*,
        totals.* exclude (sprint_id, project_keys),
        coalesce(totals.project_keys, left_out.project_keys) as project_keys,
        left_out.issues as left_out,
        totals.sprint_id is not null or left_out.issues is null as is_known
    from sprints
    left join totals on sprints.sprint_id = totals.sprint_id
    left join left_out on sprints.sprint_id = left_out.sprint_id
)
select
    sprint_id::varchar as sprint_id,
    sprint_name::varchar as sprint_name,
    state::varchar as state,
    board_id::varchar as board_id,
    coalesce(project_keys, [])::varchar[] as project_keys,
    started_at::timestamp as started_at,
    planned_end_at::timestamp as planned_end_at,
    ended_at::timestamp as ended_at,
    case
        when state = 'closed' then row_number() over (
            partition by board_id, state
            order by ended_at desc, sprint_id desc
        )
    end::integer as sprints_ago,
    case when is_known then coalesce(commitment, 0) end::double as commitment,
    case when is_known then coalesce(completed, 0) end::double as completed,
    case when is_known then coalesce(completed_as_planned, 0) end::double as completed_as_planned,
    case when is_known then coalesce(completed_before, 0) end::double as completed_before,
    case when is_known then coalesce(added, 0) end::double as added,
    case when is_known then coalesce(removed, 0) end::double as removed,
    case when is_known then coalesce(re_estimated, 0) end::double as re_estimated,
    case when is_known then coalesce(carried_over, 0) end::double as carried_over,
    case when is_known then coalesce(carried_over_again, 0) end::double as carried_over_again,
    (coalesce(completed_as_planned, 0) / nullif(commitment, 0))::double as planning_accuracy,
    (coalesce(completed, 0) / nullif(commitment, 0))::double as capacity_accuracy,
    case
        when state = 'closed' then avg(case when is_known then coalesce(completed, 0) end) over (
            partition by board_id, state
            order by ended_at asc, sprint_id asc
            rows between 6 preceding and current row
        )
    end::double as velocity,
    case when is_known then coalesce(items_committed, 0) end::bigint as items_committed,
    case when is_known then coalesce(items_completed, 0) end::bigint as items_completed,
    case when is_known then coalesce(items_completed_before, 0) end::bigint as items_completed_before,
    case when is_known then coalesce(items_added, 0) end::bigint as items_added,
    case when is_known then coalesce(items_removed, 0) end::bigint as items_removed,
    case when is_known then coalesce(items_carried_over, 0) end::bigint as items_carried_over,
    case when is_known then coalesce(items_unestimated, 0) end::bigint as items_unestimated,
    coalesce(left_out, 0)::bigint as left_out
from known;

comment on table warehouse.sprint_velocity is 'Commitment and result of each sprint in story points: commitment + added - removed + re_estimated = completed + carried_over; nulls if every issue is excluded';
comment on column warehouse.sprint_velocity.sprint_id is 'Id of the sprint';
comment on column warehouse.sprint_velocity.sprint_name is 'Name of the sprint';
comment on column warehouse.sprint_velocity.state is 'active or closed; an active sprint has current figures';
comment on column warehouse.sprint_velocity.board_id is 'Board on which it was created';
comment on column warehouse.sprint_velocity.project_keys is 'Projects of its issues';
comment on column warehouse.sprint_velocity.started_at is 'When it started, UTC';
comment on column warehouse.sprint_velocity.planned_end_at is 'When it was planned to end, UTC';
comment on column warehouse.sprint_velocity.ended_at is 'When it was closed, UTC; null while it is active';
comment on column warehouse.sprint_velocity.sprints_ago is '1 is the last closed sprint of its board; null while it is active';
comment on column warehouse.sprint_velocity.commitment is 'Points of the issues in it and not Done at its start, as estimated then';
comment on column warehouse.sprint_velocity.completed is 'Points of the issues in it and Done at its end and not Done at its start, as estimated at the end; those added later included';
comment on column warehouse.sprint_velocity.completed_as_planned is 'Of the commitment, what was in it and Done at its end';
comment on column warehouse.sprint_velocity.completed_before is 'Points of the issues in it and Done both at its start and at its end: neither committed nor completed in it';
comment on column warehouse.sprint_velocity.added is 'Points, at its end, of issues added after its start, or Done at its start but not at its end; issues that were Done at both times are not counted';
comment on column warehouse.sprint_velocity.removed is 'Of the commitment, what was not in it at its end';
comment on column warehouse.sprint_velocity.re_estimated is 'By how much the estimates of committed issues that were in it at its end changed';
comment on column warehouse.sprint_velocity.carried_over is 'Points of the issues in it and not Done at its end';
comment on column warehouse.sprint_velocity.carried_over_again is 'Part of those points that had already been carried over from an earlier sprint';
comment on column warehouse.sprint_velocity.planning_accuracy is 'completed_as_planned / commitment: under 0.7 suggests over-commitment, over 0.95 under-commitment';
comment on column warehouse.sprint_velocity.capacity_accuracy is 'completed / commitment';
comment on column warehouse.sprint_velocity.velocity is 'Mean of completed over this sprint and the previous six closed sprints of its board, excluding sprints without figures';
comment on column warehouse.sprint_velocity.items_committed is 'Issues in it and not Done at its start';
comment on column warehouse.sprint_velocity.items_completed is 'Issues in it and Done at its end and not Done at its start';
comment on column warehouse.sprint_velocity.items_completed_before is 'Issues counted in completed_before';
comment on column warehouse.sprint_velocity.items_added is 'Issues counted in added';
comment on column warehouse.sprint_velocity.items_removed is 'Issues counted in removed';
comment on column warehouse.sprint_velocity.items_carried_over is 'Issues in it and not Done at its end';
comment on column warehouse.sprint_velocity.items_unestimated is 'Issues in it at its end without an estimate';
comment on column warehouse.sprint_velocity.left_out is 'Issues of it excluded from these figures; issue_replay_flags has the reasons';
