-- group: site
-- scope: site

create table warehouse.jira_versions as
select distinct on (versions.version_id)
    versions.version_id::varchar as version_id,
    versions.project_id::varchar as project_id,
    versions.name::varchar as version,
    versions.description::varchar as description,
    try_cast(versions.start_date as date)::date as start_date,
    try_cast(versions.release_date as date)::date as release_date,
    coalesce(versions.is_released, false)::boolean as is_released,
    coalesce(versions.is_archived, false)::boolean as is_archived,
    (
        not coalesce(versions.is_released, false)
        and not coalesce(versions.is_archived, false)
        and coalesce(try_cast(versions.release_date as date) < settings.as_of, false)
    )::boolean as is_overdue,
    versions.seen_released_at::timestamp as seen_released_at
from site.versions as versions
inner join given.metric_settings as settings on versions.project_id = settings.project_id
order by versions.version_id asc, versions.project_id asc;

comment on table warehouse.jira_versions is 'Versions of the tracked projects, read daily';
comment on column warehouse.jira_versions.version_id is 'Id of the version, as in jira_issue_versions';
comment on column warehouse.jira_versions.project_id is 'Id of its project';
comment on column warehouse.jira_versions.version is 'Name of the version today';
comment on column warehouse.jira_versions.description is 'Its description; null if there is none';
comment on column warehouse.jira_versions.start_date is 'The day on which work on it begins; null if none is set';
comment on column warehouse.jira_versions.release_date is 'The day on which it was released or is to be released; null if none is set';
comment on column warehouse.jira_versions.is_released is 'Whether it is released';
comment on column warehouse.jira_versions.is_archived is 'Whether it is archived';
comment on column warehouse.jira_versions.is_overdue is 'Whether its release date has passed and it is neither released nor archived';
comment on column warehouse.jira_versions.seen_released_at is 'When it was first read as released, UTC; null if it was released before it was first read';
