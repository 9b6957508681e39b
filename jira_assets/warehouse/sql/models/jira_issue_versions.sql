-- group: issues
-- scope: project
-- key: jira_id
-- parts: jira_id of lake.jira_issues

create table warehouse.jira_issue_versions as
select distinct
    held.jira_id::varchar as jira_id,
    held.version_id::varchar as version_id,
    coalesce(site.name, held.name)::varchar as version,
    held.kind::varchar as kind
from (
    select
        jira_id as jira_id,
        project as project,
        unnest(fix_version_ids) as version_id,
        unnest(fix_versions) as name,
        'fix' as kind
    from lake.jira_issues
    union all
    select
        jira_id as jira_id,
        project as project,
        unnest(affects_version_ids) as version_id,
        unnest(affects_versions) as name,
        'affects' as kind
    from lake.jira_issues
) as held
left join lake.moved as moved on held.jira_id = moved.jira_id
left join site.versions as site on held.version_id = site.version_id
where moved.jira_id is null or moved.home = held.project;

comment on table warehouse.jira_issue_versions is 'Versions of each issue, one row per version and kind, for tools that cannot group by a list';
comment on column warehouse.jira_issue_versions.jira_id is 'Id of the issue';
comment on column warehouse.jira_issue_versions.version_id is 'Id of the version';
comment on column warehouse.jira_issue_versions.version is 'Name of the version today';
comment on column warehouse.jira_issue_versions.kind is 'fix: the issue is fixed in it; affects: it is found in it'
