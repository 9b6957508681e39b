-- group: site
-- scope: site

create table warehouse.sync_status as
select
    project_key::varchar as project_key,
    project_id::varchar as project_id,
    site_of(project_id)::varchar as site,
    status::varchar as status,
    last_sync_at::timestamp as last_sync_at,
    last_success_at::timestamp as last_success_at,
    watermark::timestamp as watermark,
    issues::bigint as issues,
    issues_synced::bigint as issues_synced,
    issues_created::bigint as issues_created,
    issues_updated::bigint as issues_updated,
    issues_deleted::bigint as issues_deleted,
    errors::bigint as errors,
    last_error::varchar as last_error,
    proved_complete_at::timestamp as proved_complete_at,
    missing_issues::bigint as missing_issues
from given.sync_status;

comment on table warehouse.sync_status is 'Result of the latest sync of each tracked project, as of the publish';
comment on column warehouse.sync_status.project_key is 'Key of the project';
comment on column warehouse.sync_status.project_id is 'Id of the project';
comment on column warehouse.sync_status.site is 'Short name of its site; null for the first site until it is named';
comment on column warehouse.sync_status.status is 'pending, syncing, complete or error';
comment on column warehouse.sync_status.last_sync_at is 'When it was last tried, UTC';
comment on column warehouse.sync_status.last_success_at is 'When it last succeeded, UTC';
comment on column warehouse.sync_status.watermark is 'All changes up to this time are in these tables, UTC';
comment on column warehouse.sync_status.issues is 'Issues in the lake';
comment on column warehouse.sync_status.issues_synced is 'Issues that the last sync fetched';
comment on column warehouse.sync_status.issues_created is 'Of those, new ones';
comment on column warehouse.sync_status.issues_updated is 'Of those, known ones';
comment on column warehouse.sync_status.issues_deleted is 'Issues that the comparison found deleted or moved';
comment on column warehouse.sync_status.errors is 'Failures since the last success';
comment on column warehouse.sync_status.last_error is 'Error of the last failed sync';
comment on column warehouse.sync_status.proved_complete_at is 'When the lake was last compared with Jira, issue by issue, UTC';
comment on column warehouse.sync_status.missing_issues is 'Issues that comparison found missing';
