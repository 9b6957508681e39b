-- group: issues
-- scope: project
-- key: project_id

create table warehouse.jira_attachments as
select
    attachments.attachment_id::varchar as attachment_id,
    attachments.jira_id::varchar as jira_id,
    attachments.project::varchar as project_id,
    attachments.author_account_id::varchar as author_account_id,
    attachments.filename::varchar as filename,
    attachments.mime_type::varchar as mime_type,
    attachments.bytes::bigint as bytes,
    attachments.created_at::timestamp as created_at,
    attachments.seen_at::timestamp as seen_at,
    coalesce(attachments.deleted_seen_at, case when gone.reason = 'gone' then gone.noticed_at end)::timestamp
        as deleted_seen_at
from lake.jira_attachments as attachments
left join lake.present as here on attachments.jira_id = here.jira_id
left join lake.other_keys as elsewhere on attachments.jira_id = elsewhere.jira_id
left join lake.jira_deleted_issues as gone
    on attachments.jira_id = gone.jira_id and attachments.project = gone.project
-- Those of an issue that moved are read again in its new project.
where
    here.project = attachments.project
    or (here.jira_id is null and elsewhere.jira_id is null and gone.reason is distinct from 'moved');

comment on table warehouse.jira_attachments is 'Files attached to issues, without their content, for projects that JIRA_ASSETS_ENTITIES names (empty if not set)';
comment on column warehouse.jira_attachments.attachment_id is 'Id of the attachment';
comment on column warehouse.jira_attachments.jira_id is 'Id of its issue';
comment on column warehouse.jira_attachments.project_id is 'Id of the project';
comment on column warehouse.jira_attachments.author_account_id is 'Account that attached it; null if Jira shows none';
comment on column warehouse.jira_attachments.filename is 'Name of the file';
comment on column warehouse.jira_attachments.mime_type is 'Its type, such as image/png';
comment on column warehouse.jira_attachments.bytes is 'Its size in bytes';
comment on column warehouse.jira_attachments.created_at is 'When it was attached, UTC';
comment on column warehouse.jira_attachments.seen_at is 'When it was last seen in Jira, UTC';
comment on column warehouse.jira_attachments.deleted_seen_at is 'When a complete read of the issue first lacked it, or the issue was noticed to be gone, UTC; null if it is there';
