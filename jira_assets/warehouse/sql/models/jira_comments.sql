-- group: issues
-- scope: project
-- key: project_id

create table warehouse.jira_comments as
select
    comments.comment_id::varchar as comment_id,
    comments.jira_id::varchar as jira_id,
    comments.project::varchar as project_id,
    comments.author_account_id::varchar as author_account_id,
    comments.update_author_account_id::varchar as update_author_account_id,
    comments.created_at::timestamp as created_at,
    comments.updated_at::timestamp as updated_at,
    comments.body_text::varchar as body_text,
    comments.is_internal::boolean as is_internal,
    comments.visibility_type::varchar as visibility_type,
    comments.visibility_value::varchar as visibility_value,
    comments.seen_at::timestamp as seen_at,
    coalesce(comments.deleted_seen_at, case when gone.reason = 'gone' then gone.noticed_at end)::timestamp
        as deleted_seen_at
from lake.jira_comments as comments
left join lake.present as here on comments.jira_id = here.jira_id
left join lake.other_keys as elsewhere on comments.jira_id = elsewhere.jira_id
left join lake.jira_deleted_issues as gone on comments.jira_id = gone.jira_id and comments.project = gone.project
-- Those of an issue that moved are read again in its new project.
where
    here.project = comments.project
    or (here.jira_id is null and elsewhere.jira_id is null and gone.reason is distinct from 'moved');

comment on table warehouse.jira_comments is 'Comments of issues, for projects that JIRA_ASSETS_ENTITIES names (empty if not set)';
comment on column warehouse.jira_comments.comment_id is 'Id of the comment';
comment on column warehouse.jira_comments.jira_id is 'Id of its issue';
comment on column warehouse.jira_comments.project_id is 'Id of the project';
comment on column warehouse.jira_comments.author_account_id is 'Account that wrote it; null if Jira shows none';
comment on column warehouse.jira_comments.update_author_account_id is 'Account that edited it last';
comment on column warehouse.jira_comments.created_at is 'When it was written, UTC';
comment on column warehouse.jira_comments.updated_at is 'When it was last edited, UTC; if never, when it was written';
comment on column warehouse.jira_comments.body_text is 'Its text: a line per block, without formatting; null unless JIRA_ASSETS_ENTITY_BODIES keeps texts of comments';
comment on column warehouse.jira_comments.is_internal is 'Whether customers of a service project do not see it';
comment on column warehouse.jira_comments.visibility_type is 'group or role, if only its members see it';
comment on column warehouse.jira_comments.visibility_value is 'Name of that group or role';
comment on column warehouse.jira_comments.seen_at is 'When it was last seen in Jira, UTC';
comment on column warehouse.jira_comments.deleted_seen_at is 'When a complete read of the issue first lacked it, or the issue was noticed to be gone, UTC: deleted, or no longer shown to this account; null if it is there';
