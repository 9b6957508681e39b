-- group: issues
-- scope: project
-- key: project_id

create table warehouse.jira_worklogs as
with departed as (
    select
        jira_id as jira_id,
        project as project,
        reason as reason,
        noticed_at as noticed_at
    from lake.jira_deleted_issues
    qualify row_number() over (partition by jira_id order by noticed_at desc, project asc) = 1
)
select
    worklogs.worklog_id::varchar as worklog_id,
    worklogs.jira_id::varchar as jira_id,
    coalesce(here.project, departed.project)::varchar as project_id,
    worklogs.author_account_id::varchar as author_account_id,
    worklogs.update_author_account_id::varchar as update_author_account_id,
    worklogs.started_at::timestamp as started_at,
    local_day(worklogs.started_at)::date as started_on,
    worklogs.seconds::bigint as seconds,
    worklogs.comment_text::varchar as comment_text,
    worklogs.created_at::timestamp as created_at,
    worklogs.updated_at::timestamp as updated_at,
    worklogs.visibility_type::varchar as visibility_type,
    worklogs.visibility_value::varchar as visibility_value,
    worklogs.moved_from_jira_id::varchar as moved_from_jira_id,
    worklogs.seen_at::timestamp as seen_at,
    coalesce(
        worklogs.deleted_at,
        case when here.jira_id is null and departed.reason = 'gone' then departed.noticed_at end
    )::timestamp as deleted_at
from site.worklogs as worklogs
left join lake.present as here on worklogs.jira_id = here.jira_id
left join lake.other_keys as elsewhere on worklogs.jira_id = elsewhere.jira_id
left join departed on worklogs.jira_id = departed.jira_id
where
    not worklogs.is_head
    and (
        here.jira_id is not null
        or (elsewhere.jira_id is null and departed.jira_id is not null and departed.reason <> 'moved')
    );

comment on table warehouse.jira_worklogs is 'Time logged on issues, for projects that JIRA_ASSETS_ENTITIES names (empty if not set)';
comment on column warehouse.jira_worklogs.worklog_id is 'Id of the worklog';
comment on column warehouse.jira_worklogs.jira_id is 'Id of its issue';
comment on column warehouse.jira_worklogs.project_id is 'Id of the project of that issue';
comment on column warehouse.jira_worklogs.author_account_id is 'Account that logged it; null if Jira shows none';
comment on column warehouse.jira_worklogs.update_author_account_id is 'Account that edited it last';
comment on column warehouse.jira_worklogs.started_at is 'When the work began, UTC';
comment on column warehouse.jira_worklogs.started_on is 'Day on which the work began, in the time zone of the settings';
comment on column warehouse.jira_worklogs.seconds is 'Time that was logged, in seconds';
comment on column warehouse.jira_worklogs.comment_text is 'Its text: a line per block, without formatting; null unless JIRA_ASSETS_ENTITY_BODIES keeps texts of worklogs';
comment on column warehouse.jira_worklogs.created_at is 'When it was logged, UTC';
comment on column warehouse.jira_worklogs.updated_at is 'When it was last edited, UTC; if never, when it was logged';
comment on column warehouse.jira_worklogs.visibility_type is 'group or role, if only its members see it';
comment on column warehouse.jira_worklogs.visibility_value is 'Name of that group or role';
comment on column warehouse.jira_worklogs.moved_from_jira_id is 'Id of the issue on which it was before, if it was moved';
comment on column warehouse.jira_worklogs.seen_at is 'When it was last read from Jira, UTC';
comment on column warehouse.jira_worklogs.deleted_at is 'When it was deleted according to Jira, or its issue was noticed to be gone, UTC; null if it is there, or only no longer shown to this account';
