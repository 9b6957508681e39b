-- A span lasts from one change of status to the next; before the first change the issue had what that one names as
-- its value before, from creation on. Changes that imports brought along from before the creation count from it.
create table warehouse.issue_status_spans as
with changes as (
    select
        jira_id,
        changed_at,
        from_value,
        from_string,
        to_value,
        to_string,
        row_number() over history as visit,
        lead(changed_at) over history as left_at,
        lag(to_value) over history as previous_id
    from warehouse.jira_issue_changes
    where coalesce(field_id, field) = 'status' and changed_at is not null
    window history as (
        partition by jira_id
        order by changed_at asc, try_cast(change_id as bigint) asc nulls last, change_id asc
    )
),
visits as (
    select
        jira_id as jira_id,
        visit + 1 as visit,
        to_value as status_id,
        to_string as status,
        case when visit = 1 then from_value else previous_id end as previous_id,
        changed_at as entered_at,
        left_at as left_at
    from changes
    union all
    select
        changes.jira_id as jira_id,
        1 as visit,
        changes.from_value as status_id,
        changes.from_string as status,
        null as previous_id,
        null as entered_at,
        changes.changed_at as left_at
    from changes
    where changes.visit = 1
    union all
    select
        issues.jira_id as jira_id,
        1 as visit,
        issues.status_id as status_id,
        issues.status as status,
        null as previous_id,
        null as entered_at,
        null as left_at
    from warehouse.jira_issues as issues
    anti join changes on issues.jira_id = changes.jira_id
),
placed as (
    select
        visits.jira_id as jira_id,
        issues.project_id as project_id,
        visits.visit as visit,
        visits.status_id as status_id,
        visits.status as status,
        visits.previous_id as previous_id,
        -- greatest and least leave nulls out.
        greatest(visits.entered_at, issues.issue_created_at) as entered_at,
        case when visits.left_at is not null then greatest(visits.left_at, issues.issue_created_at) end as left_at
    from visits
    inner join warehouse.jira_issues as issues on visits.jira_id = issues.jira_id
)
select
    placed.jira_id::varchar as jira_id,
    placed.project_id::varchar as project_id,
    placed.visit::integer as visit,
    placed.status_id::varchar as status_id,
    coalesce(present.status, placed.status)::varchar as status,
    present.status_category::varchar as status_category,
    placed.previous_id::varchar as previous_status_id,
    previous.status_category::varchar as previous_category,
    present.is_active::boolean as is_active,
    placed.entered_at::timestamp as entered_at,
    placed.left_at::timestamp as left_at,
    (date_diff('millisecond', placed.entered_at, placed.left_at) / 3600000.0)::double as hours
from placed
left join project_statuses as present
    on placed.project_id = present.project_id and placed.status_id = present.status_id
left join project_statuses as previous
    on placed.project_id = previous.project_id and placed.previous_id = previous.status_id;

comment on table warehouse.issue_status_spans is 'Every stay of every issue in a status, replayed from its changes, from creation on';
comment on column warehouse.issue_status_spans.jira_id is 'Id of the issue';
comment on column warehouse.issue_status_spans.project_id is 'Id of its project today';
comment on column warehouse.issue_status_spans.visit is 'Place of this stay in the life of the issue, from 1';
comment on column warehouse.issue_status_spans.status_id is 'Id of the status';
comment on column warehouse.issue_status_spans.status is 'Name of the status today, or then where it is gone';
comment on column warehouse.issue_status_spans.status_category is 'new, indeterminate or done, today; null for statuses that are gone';
comment on column warehouse.issue_status_spans.previous_status_id is 'Status it came from; null for the first';
comment on column warehouse.issue_status_spans.previous_category is 'Category it came from';
comment on column warehouse.issue_status_spans.is_active is 'Whether the settings call the status active; null where they name none';
comment on column warehouse.issue_status_spans.entered_at is 'When it came into the status, UTC';
comment on column warehouse.issue_status_spans.left_at is 'When it left it, UTC; null while it is there';
comment on column warehouse.issue_status_spans.hours is 'Hours it stayed; null while it is there';
