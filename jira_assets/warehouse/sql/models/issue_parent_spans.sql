-- group: metrics
-- scope: project
-- key: project_id
-- parts: jira_id of warehouse.jira_issue_changes, warehouse.jira_issues

-- Jira writes a new parent under one of several names, and sometimes under two at once. After its last change an issue
-- has the parent that it has today: a parent may be deleted without a change of its children.
create table warehouse.issue_parent_spans as
with steps as (
    select
        jira_id as jira_id,
        nullif(from_value, '') as parent_before,
        nullif(to_value, '') as parent_id,
        changed_at as changed_at,
        row_number() over history as step,
        lead(changed_at) over history as next_at
    from warehouse.jira_issue_changes
    where lower(field) in ('epic link', 'issueparentassociation', 'parent') and changed_at is not null
    window history as (
        partition by jira_id
        order by changed_at asc, id_number(change_id) asc nulls last, change_id asc, nullif(to_value, '') asc nulls first
    )
),
spans as (
    select
        jira_id as jira_id,
        parent_before as parent_id,
        null as entered_at,
        changed_at as left_at
    from steps
    where step = 1
    union all
    select
        jira_id as jira_id,
        parent_id as parent_id,
        changed_at as entered_at,
        next_at as left_at
    from steps
    where next_at is not null
    union all
    select
        issues.jira_id as jira_id,
        issues.parent_id as parent_id,
        last.changed_at as entered_at,
        null as left_at
    from warehouse.jira_issues as issues
    left join (select * from steps where next_at is null) as last on issues.jira_id = last.jira_id
)
select
    spans.jira_id::varchar as jira_id,
    issues.project_id::varchar as project_id,
    spans.parent_id::varchar as parent_id,
    greatest(spans.entered_at, issues.issue_created_at)::timestamp as entered_at,
    spans.left_at::timestamp as left_at
from spans
inner join warehouse.jira_issues as issues on spans.jira_id = issues.jira_id
where
    spans.parent_id is not null
    and (spans.left_at is null or spans.left_at > greatest(spans.entered_at, issues.issue_created_at));

comment on table warehouse.issue_parent_spans is 'Parent of each issue over time, replayed from its changes since creation';
comment on column warehouse.issue_parent_spans.jira_id is 'Id of the issue';
comment on column warehouse.issue_parent_spans.project_id is 'Id of its project today';
comment on column warehouse.issue_parent_spans.parent_id is 'Id of the parent';
comment on column warehouse.issue_parent_spans.entered_at is 'When it became its parent, UTC';
comment on column warehouse.issue_parent_spans.left_at is 'When that ended, UTC; null for the parent of today';
