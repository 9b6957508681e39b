-- group: site
-- scope: site

create table warehouse.entity_status as
select
    project_id::varchar as project_id,
    project_key::varchar as project_key,
    entity::varchar as entity,
    read_at::timestamp as read_at,
    issues_behind::bigint as issues_behind,
    proved_at::timestamp as proved_at,
    in_jira::bigint as in_jira,
    in_lake::bigint as in_lake,
    missing::bigint as missing,
    unseen::bigint as unseen,
    problem::varchar as problem
from given.entity_status;

comment on table warehouse.entity_status is 'How far comments, worklogs, attachments and remote links are read, one row per project and kind that JIRA_ASSETS_ENTITIES names';
comment on column warehouse.entity_status.project_id is 'Id of the project';
comment on column warehouse.entity_status.project_key is 'Key of the project';
comment on column warehouse.entity_status.entity is 'comments, worklogs, attachments or remote_links';
comment on column warehouse.entity_status.read_at is 'All that Jira showed of it at this time was read, UTC, unless issues are behind';
comment on column warehouse.entity_status.issues_behind is 'Issues that changed and whose list is still to be read';
comment on column warehouse.entity_status.proved_at is 'When the number of each issue was last compared with Jira, without any missing, UTC';
comment on column warehouse.entity_status.in_jira is 'How many Jira had then';
comment on column warehouse.entity_status.in_lake is 'How many of these were here then';
comment on column warehouse.entity_status.missing is 'How many of these were missing then';
comment on column warehouse.entity_status.unseen is 'Worklogs here that Jira did not show then and does not list as deleted: restricted to a group, or out of sight';
comment on column warehouse.entity_status.problem is 'Why some could not be read';
