-- group: issues
-- scope: project
-- key: project_key

create table warehouse.jira_deleted_issues as
with present as (
    select
        jira_id as jira_id,
        jira_key as jira_key
    from warehouse.jira_issues
    union all
    select
        jira_id as jira_id,
        jira_key as jira_key
    from lake.other_keys
)
select
    gone.jira_id::varchar as jira_id,
    gone.jira_key::varchar as jira_key,
    coalesce(projects.project_key, gone.project_key)::varchar as project_key,
    gone.reason::varchar as reason,
    coalesce(
        case when gone.reason = 'moved' then issues.jira_key end,
        own_id(targets.project_key) || '-' || nullif(regexp_extract(gone.moved_to_key, '[0-9]+$'), ''),
        gone.moved_to_key
    )::varchar as moved_to_key,
    gone.noticed_at::timestamp as noticed_at
from lake.jira_deleted_issues as gone
left join warehouse.jira_projects as projects on gone.project = projects.project_id
left join warehouse.jira_projects as targets on gone.moved_to_project_id = targets.project_id
left join present as issues on gone.jira_id = issues.jira_id
-- What is gone from one project and present in another has moved, whatever it looked like then.
where issues.jira_id is null or gone.reason = 'moved';

comment on table warehouse.jira_deleted_issues is 'Issues that were synced and are no longer in their project';
comment on column warehouse.jira_deleted_issues.jira_id is 'Id of the issue';
comment on column warehouse.jira_deleted_issues.jira_key is 'Its last key there';
comment on column warehouse.jira_deleted_issues.project_key is 'Key of that project today';
comment on column warehouse.jira_deleted_issues.reason is 'gone, moved, archived, trashed or invisible';
comment on column warehouse.jira_deleted_issues.moved_to_key is 'Current key of the issue, if it moved';
comment on column warehouse.jira_deleted_issues.noticed_at is 'When that was detected, UTC';
