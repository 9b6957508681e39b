-- group: metrics
-- scope: project
-- key: project_id

create table warehouse.resolution_trend as
with items as (
    select
        flow.jira_id as jira_id,
        flow.project_id as project_id,
        flow.issue_type as issue_type,
        flow.team as team,
        flow.created_on as created_on,
        flow.finished_at as finished_at,
        flow.delivered as delivered,
        settings.as_of as as_of,
        settings.undelivered_resolutions as undelivered_resolutions
    from warehouse.issue_flow as flow
    inner join warehouse.metric_settings as settings on flow.project_id = settings.project_id
    where flow.is_counted and not flow.is_left_out
),
moves as (
    select
        items.jira_id as jira_id,
        items.project_id as project_id,
        items.issue_type as issue_type,
        items.team as team,
        spans.visit as visit,
        spans.entered_at as entered_at,
        spans.status_category is not distinct from 'done' as is_resolved,
        items.finished_at is not distinct from spans.entered_at as is_last,
        items.delivered as delivered,
        items.as_of as as_of,
        items.undelivered_resolutions as undelivered_resolutions
    from warehouse.issue_status_spans as spans
    inner join items on spans.jira_id = items.jira_id
    where (spans.status_category is not distinct from 'done') <> (spans.previous_category is not distinct from 'done')
),
-- The resolution of an issue that was reopened later is the one it had when it left Done, whenever that was set.
earlier as (
    select
        entries.jira_id as jira_id,
        entries.visit as visit,
        entries.entered_at as entered_at,
        min(exits.entered_at) as left_at
    from moves as entries
    inner join moves as exits on entries.jira_id = exits.jira_id and entries.visit < exits.visit
    where entries.is_resolved and not entries.is_last and not exits.is_resolved
    group by entries.jira_id, entries.visit, entries.entered_at
),
resolutions as (
    select
        earlier.jira_id as jira_id,
        earlier.visit as visit,
        -- By name and by id: Jira writes names in the language of whoever asks.
        case
            when count(changes.jira_id) = 0
                then [folded(any_value(issues.resolution)), any_value(issues.resolution_id)]
            when bool_or(changes.changed_at < earlier.left_at) then
                arg_max(
                    [folded(changes.to_string), changes.to_value],
                    row(changes.changed_at, id_number(changes.change_id))
                ) filter (where changes.changed_at < earlier.left_at)
            else
                arg_min(
                    [folded(changes.from_string), changes.from_value],
                    row(changes.changed_at, id_number(changes.change_id))
                )
        end as called
    from earlier
    inner join warehouse.jira_issues as issues on earlier.jira_id = issues.jira_id
    left join warehouse.jira_issue_changes as changes
        on earlier.jira_id = changes.jira_id and coalesce(changes.field_id, changes.field) = 'resolution'
    group by earlier.jira_id, earlier.visit
),
events as (
    select
        project_id as project_id,
        issue_type as issue_type,
        team as team,
        least(created_on, as_of) as day,
        1 as created,
        0 as resolved,
        0 as delivered,
        0 as reopened
    from items
    union all
    select
        moves.project_id as project_id,
        moves.issue_type as issue_type,
        moves.team as team,
        least(local_day(moves.entered_at), moves.as_of) as day,
        0 as created,
        moves.is_resolved::integer as resolved,
        (
            moves.is_resolved
            and case
                when moves.is_last then moves.delivered
                else
                    not coalesce(list_has_any(moves.undelivered_resolutions, resolutions.called), false)
            end
        )::integer as delivered,
        (not moves.is_resolved)::integer as reopened
    from moves
    left join resolutions on moves.jira_id = resolutions.jira_id and moves.visit = resolutions.visit
),
weekly as (
    select
        project_id as project_id,
        issue_type as issue_type,
        team as team,
        date_trunc('week', day)::date as week,
        sum(created) as created,
        sum(resolved) as resolved,
        sum(delivered) as delivered,
        sum(reopened) as reopened
    from events
    group by project_id, issue_type, team, date_trunc('week', day)
),
left_out as (
    select
        project_id as project_id,
        issue_type as issue_type,
        team as team,
        count(*) as issues
    from warehouse.issue_flow
    where is_counted and is_left_out
    group by project_id, issue_type, team
),
-- A type and team of which every issue is left out has this week, with their number.
weeks as (
    select
        groups.project_id as project_id,
        groups.issue_type as issue_type,
        groups.team as team,
        unnest(
            generate_series(
                coalesce(min(groups.week), date_trunc('week', any_value(settings.as_of))::date),
                any_value(settings.as_of),
                interval 7 day
            )
        )::date as week
    from (
        select project_id, issue_type, team, week from weekly
        union all
        select project_id, issue_type, team, null as week from left_out
    ) as groups
    inner join warehouse.metric_settings as settings on groups.project_id = settings.project_id
    group by groups.project_id, groups.issue_type, groups.team
)
select
    weeks.project_id::varchar as project_id,
    settings.project_key::varchar as project_key,
    weeks.issue_type::varchar as issue_type,
    weeks.team::varchar as team,
    weeks.week::date as week,
    coalesce(weekly.created, 0)::bigint as created,
    coalesce(weekly.resolved, 0)::bigint as resolved,
    coalesce(weekly.delivered, 0)::bigint as delivered,
    coalesce(weekly.resolved - weekly.delivered, 0)::bigint as closed_without_work,
    coalesce(weekly.reopened, 0)::bigint as reopened,
    (
        sum(coalesce(weekly.created - weekly.resolved + weekly.reopened, 0))
            over (partition by weeks.project_id, weeks.issue_type, weeks.team order by weeks.week)
    )::bigint as open_at_end,
    coalesce(left_out.issues, 0)::bigint as left_out
from weeks
inner join warehouse.metric_settings as settings on weeks.project_id = settings.project_id
left join weekly
    on
        weeks.project_id = weekly.project_id
        and weeks.week = weekly.week
        and weeks.issue_type is not distinct from weekly.issue_type
        and weeks.team is not distinct from weekly.team
left join left_out
    on
        weeks.project_id = left_out.project_id
        and weeks.issue_type is not distinct from left_out.issue_type
        and weeks.team is not distinct from left_out.team;

comment on table warehouse.resolution_trend is 'Issues of each type and team created, resolved and reopened in each week, and open at its end, replayed from their changes; types and teams may be added';
comment on column warehouse.resolution_trend.project_id is 'Id of the project';
comment on column warehouse.resolution_trend.project_key is 'Key of the project today';
comment on column warehouse.resolution_trend.issue_type is 'Name of the type';
comment on column warehouse.resolution_trend.team is 'Team of the issues today; null: issues without a team';
comment on column warehouse.resolution_trend.week is 'Monday of the week, in the time zone of the settings';
comment on column warehouse.resolution_trend.created is 'Issues created in it';
comment on column warehouse.resolution_trend.resolved is 'Times an issue entered Done, with any resolution';
comment on column warehouse.resolution_trend.delivered is 'Of those, with a resolution that counts as delivered, or none';
comment on column warehouse.resolution_trend.closed_without_work is 'The others of those';
comment on column warehouse.resolution_trend.reopened is 'Times an issue left Done';
comment on column warehouse.resolution_trend.open_at_end is 'Issues not Done at the end of the week, or now';
comment on column warehouse.resolution_trend.left_out is 'Issues of the project, type and team excluded from these figures; issue_replay_flags has the reasons';
