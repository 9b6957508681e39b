-- group: metrics
-- scope: project
-- key: project_id
-- parts: jira_id of warehouse.jira_issue_changes, warehouse.jira_issue_versions, warehouse.jira_issues

-- A change names a version that came or one that went. What no change says was so since the creation; after its last
-- change an issue has the versions that it has today, since versions are merged and deleted without a change.
create table warehouse.issue_version_spans as
with present as (
    select
        jira_id as jira_id,
        version_id as version_id
    from warehouse.jira_issue_versions
    where kind = 'fix'
),
events as (
    select
        jira_id as jira_id,
        changed_at as changed_at,
        id_number(change_id) as change_number,
        change_id as change_id,
        unnest([
            {{'version_id': nullif(from_value, ''), 'is_entry': false}},
            {{'version_id': nullif(to_value, ''), 'is_entry': true}}
        ], recursive := true)
    from warehouse.jira_issue_changes
    where (field_id = 'fixVersions' or lower(field) = 'fix version') and changed_at is not null
),
steps as (
    select
        jira_id as jira_id,
        version_id as version_id,
        is_entry as is_entry,
        changed_at as changed_at,
        row_number() over history as step,
        lead(changed_at) over history as next_at
    from events
    where version_id is not null
    window history as (
        partition by jira_id, version_id
        order by changed_at asc, change_number asc nulls last, change_id asc, is_entry asc
    )
),
spans as (
    select
        jira_id as jira_id,
        version_id as version_id,
        null as entered_at,
        changed_at as left_at
    from steps
    where step = 1 and not is_entry
    union all
    select
        jira_id as jira_id,
        version_id as version_id,
        changed_at as entered_at,
        next_at as left_at
    from steps
    where next_at is not null and is_entry
    union all
    select
        present.jira_id as jira_id,
        present.version_id as version_id,
        last.changed_at as entered_at,
        null as left_at
    from present
    left join (select * from steps where next_at is null) as last
        on present.jira_id = last.jira_id and present.version_id = last.version_id
)
select
    spans.jira_id::varchar as jira_id,
    issues.project_id::varchar as project_id,
    spans.version_id::varchar as version_id,
    greatest(spans.entered_at, issues.issue_created_at)::timestamp as entered_at,
    spans.left_at::timestamp as left_at
from spans
inner join warehouse.jira_issues as issues on spans.jira_id = issues.jira_id
where spans.left_at is null or spans.left_at > greatest(spans.entered_at, issues.issue_created_at);

comment on table warehouse.issue_version_spans is 'Fix versions of each issue over time, replayed from its changes since creation';
comment on column warehouse.issue_version_spans.jira_id is 'Id of the issue';
comment on column warehouse.issue_version_spans.project_id is 'Id of its project today';
comment on column warehouse.issue_version_spans.version_id is 'Id of the version';
comment on column warehouse.issue_version_spans.entered_at is 'When it was added, UTC';
comment on column warehouse.issue_version_spans.left_at is 'When it was removed, UTC; null while it is there';
