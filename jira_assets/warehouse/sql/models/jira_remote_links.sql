-- group: issues
-- scope: project
-- key: project_id

create table warehouse.jira_remote_links as
select
    links.remote_link_id::varchar as remote_link_id,
    links.jira_id::varchar as jira_id,
    links.project::varchar as project_id,
    links.url::varchar as url,
    links.title::varchar as title,
    links.summary::varchar as summary,
    links.relationship::varchar as relationship,
    links.application::varchar as application,
    links.application_type::varchar as application_type,
    links.global_id::varchar as global_id,
    links.is_resolved::boolean as is_resolved,
    links.seen_at::timestamp as seen_at,
    coalesce(links.deleted_seen_at, case when gone.reason = 'gone' then gone.noticed_at end)::timestamp
        as deleted_seen_at
from lake.jira_remote_links as links
left join lake.present as here on links.jira_id = here.jira_id
left join lake.other_keys as elsewhere on links.jira_id = elsewhere.jira_id
left join lake.jira_deleted_issues as gone on links.jira_id = gone.jira_id and links.project = gone.project
-- Those of an issue that moved are read again in its new project.
where
    here.project = links.project
    or (here.jira_id is null and elsewhere.jira_id is null and gone.reason is distinct from 'moved');

comment on table warehouse.jira_remote_links is 'Links of issues to pages outside of Jira, for projects that JIRA_ASSETS_ENTITIES names (empty if not set)';
comment on column warehouse.jira_remote_links.remote_link_id is 'Id of the link';
comment on column warehouse.jira_remote_links.jira_id is 'Id of its issue';
comment on column warehouse.jira_remote_links.project_id is 'Id of the project';
comment on column warehouse.jira_remote_links.url is 'Address of the page';
comment on column warehouse.jira_remote_links.title is 'Its title';
comment on column warehouse.jira_remote_links.summary is 'Its description';
comment on column warehouse.jira_remote_links.relationship is 'What the page is to the issue, such as mentioned in';
comment on column warehouse.jira_remote_links.application is 'Program that the page belongs to, such as Confluence';
comment on column warehouse.jira_remote_links.application_type is 'Type of that program, such as com.atlassian.confluence';
comment on column warehouse.jira_remote_links.global_id is 'Id that the program gave to the link';
comment on column warehouse.jira_remote_links.is_resolved is 'Whether the other end is marked as resolved';
comment on column warehouse.jira_remote_links.seen_at is 'When it was last seen in Jira, UTC';
comment on column warehouse.jira_remote_links.deleted_seen_at is 'When a complete read of the issue first lacked it, or the issue was noticed to be gone, UTC; null if it is there';
