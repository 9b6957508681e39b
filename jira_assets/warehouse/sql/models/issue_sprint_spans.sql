-- group: metrics
-- scope: project
-- key: project_id
-- parts: jira_id of replayed_changes, warehouse.jira_issue_sprints, warehouse.jira_issues

-- A change names all sprints before and after it; a closed sprint stays among them. What was added or went at each
-- change begins or ends a span; before the first change the issue was in what that one names as its value before.
create table warehouse.issue_sprint_spans as
with changes as (
    select
        jira_id as jira_id,
        changed_at as changed_at,
        list_distinct(list_transform(string_split(from_value, ','), lambda id: trim(id))) as ids_before,
        list_distinct(list_transform(string_split(to_value, ','), lambda id: trim(id))) as ids,
        row_number() over (
            partition by jira_id
            order by changed_at asc, change_number asc nulls last, change_id asc
        ) as step
    from replayed_changes
    where replay = 'sprint' and changed_at is not null
),
steps as (
    select
        jira_id as jira_id,
        step as step,
        changed_at as changed_at,
        coalesce(ids, []) as ids,
        coalesce(lag(ids) over (partition by jira_id order by step), case when step = 1 then ids_before end, [])
            as ids_before
    from changes
    union all
    select
        jira_id as jira_id,
        0 as step,
        null as changed_at,
        coalesce(ids_before, []) as ids,
        [] as ids_before
    from changes
    where step = 1
    union all
    select
        present.jira_id as jira_id,
        0 as step,
        null as changed_at,
        list(present.sprint_id) as ids,
        [] as ids_before
    from warehouse.jira_issue_sprints as present
    anti join changes on present.jira_id = changes.jira_id
    group by present.jira_id
),
moves as (
    select
        jira_id as jira_id,
        step as step,
        changed_at as changed_at,
        unnest(list_filter(ids, lambda id: id <> '' and not list_contains(ids_before, id))) as sprint_id,
        true as is_entry
    from steps
    union all
    select
        jira_id as jira_id,
        step as step,
        changed_at as changed_at,
        unnest(list_filter(ids_before, lambda id: id <> '' and not list_contains(ids, id))) as sprint_id,
        false as is_entry
    from steps
),
spans as (
    select
        jira_id as jira_id,
        sprint_id as sprint_id,
        is_entry as is_entry,
        changed_at as entered_at,
        lead(changed_at) over (partition by jira_id, sprint_id order by step) as left_at
    from moves
)
select
    spans.jira_id::varchar as jira_id,
    issues.project_id::varchar as project_id,
    spans.sprint_id::varchar as sprint_id,
    greatest(spans.entered_at, issues.issue_created_at)::timestamp as entered_at,
    case when spans.left_at is not null then greatest(spans.left_at, issues.issue_created_at) end::timestamp as left_at
from spans
inner join warehouse.jira_issues as issues on spans.jira_id = issues.jira_id
where spans.is_entry;

comment on table warehouse.issue_sprint_spans is 'Sprints of each issue over time, replayed from its changes since creation';
comment on column warehouse.issue_sprint_spans.jira_id is 'Id of the issue';
comment on column warehouse.issue_sprint_spans.project_id is 'Id of its project today';
comment on column warehouse.issue_sprint_spans.sprint_id is 'Id of the sprint';
comment on column warehouse.issue_sprint_spans.entered_at is 'When it was added to the sprint, UTC';
comment on column warehouse.issue_sprint_spans.left_at is 'When it was removed, UTC; null if it was not, also after the sprint was closed';
