-- group: metrics
-- scope: project
-- key: project_id
-- parts: jira_id of warehouse.issue_sprint_spans, warehouse.jira_issue_sprints, warehouse.issue_status_spans, warehouse.jira_issues, warehouse.issue_estimate_spans, replayed_changes

create table warehouse.issue_replay_flags as
with replayed_sprints as (
    select
        jira_id,
        list_sort(list(sprint_id)) as ids
    from warehouse.issue_sprint_spans
    where left_at is null
    group by jira_id
),
present_sprints as (
    select
        jira_id,
        list_sort(list(sprint_id)) as ids
    from warehouse.jira_issue_sprints
    group by jira_id
),
found as (
    select
        issues.jira_id as jira_id,
        'status' as replay,
        case
            when issues.issue_created_at is null then 'Jira does not say when it was created'
            when spans.status_id is distinct from issues.status_id then 'the changes lead to another status'
            else 'it was resolved after its creation, but no change of its status is known'
        end as reason,
        spans.status as replayed,
        issues.status as present
    from warehouse.issue_status_spans as spans
    inner join warehouse.jira_issues as issues on spans.jira_id = issues.jira_id
    where
        spans.left_at is null
        and (
            issues.issue_created_at is null
            or spans.status_id is distinct from issues.status_id
            or (spans.visit = 1 and spans.status_category = 'done' and issues.resolved_at > issues.issue_created_at)
        )
    union all
    select
        spans.jira_id as jira_id,
        'category' as replay,
        'it was in a status of unknown category' as reason,
        nullif(array_to_string(list_sort(list(distinct coalesce(spans.status, spans.status_id))), ', '), '') as replayed,
        any_value(issues.status) as present
    from warehouse.issue_status_spans as spans
    inner join warehouse.jira_issues as issues on spans.jira_id = issues.jira_id
    where spans.status_category is null
    group by spans.jira_id
    union all
    select
        coalesce(present_sprints.jira_id, replayed_sprints.jira_id) as jira_id,
        'sprint' as replay,
        'the changes lead to other sprints' as reason,
        array_to_string(replayed_sprints.ids, ', ') as replayed,
        array_to_string(present_sprints.ids, ', ') as present
    from replayed_sprints
    full join present_sprints on replayed_sprints.jira_id = present_sprints.jira_id
    where replayed_sprints.ids is distinct from present_sprints.ids
    union all
    select
        issues.jira_id as jira_id,
        'estimate' as replay,
        'the changes lead to another estimate' as reason,
        spans.story_points::varchar as replayed,
        issues.story_points::varchar as present
    from warehouse.jira_issues as issues
    left join warehouse.issue_estimate_spans as spans on issues.jira_id = spans.jira_id and spans.left_at is null
    where spans.story_points is distinct from issues.story_points
    union all
    select
        jira_id as jira_id,
        replay as replay,
        'a change has no time' as reason,
        null as replayed,
        null as present
    from replayed_changes
    where replay is not null and changed_at is null
)
select
    found.jira_id::varchar as jira_id,
    issues.jira_key::varchar as jira_key,
    issues.project_id::varchar as project_id,
    issues.project_key::varchar as project_key,
    found.replay::varchar as replay,
    min(found.reason)::varchar as reason,
    min(found.replayed)::varchar as replayed,
    min(found.present)::varchar as present
from found
inner join warehouse.jira_issues as issues on found.jira_id = issues.jira_id
group by found.jira_id, issues.jira_key, issues.project_id, issues.project_key, found.replay;

comment on table warehouse.issue_replay_flags is 'Issues whose replayed changes contradict their current state or are incomplete: excluded from the series based on that replay';
comment on column warehouse.issue_replay_flags.jira_id is 'Id of the issue';
comment on column warehouse.issue_replay_flags.jira_key is 'Key of the issue today';
comment on column warehouse.issue_replay_flags.project_id is 'Id of its project';
comment on column warehouse.issue_replay_flags.project_key is 'Key of its project today';
comment on column warehouse.issue_replay_flags.replay is 'What was replayed: status, category of the status, sprint or estimate';
comment on column warehouse.issue_replay_flags.reason is 'Reason of the contradiction';
comment on column warehouse.issue_replay_flags.replayed is 'Value that results from its changes; for a category, the statuses without one';
comment on column warehouse.issue_replay_flags.present is 'Current value in Jira';
