create table warehouse.jira_statuses as
with site_statuses as (
    select distinct on (status_id, project_id)
        status_id,
        status,
        case status_category when 'undefined' then 'new' else status_category end as status_category,
        project_id
    from site.statuses
),
-- What the site does not say of a status, the newest issue in it does.
seen as (
    select
        status_id,
        arg_max(status, synced_at) as status,
        arg_max(status_category, synced_at) as status_category
    from {whole}.jira_issues
    where
        status_id is not null
        and status_id not in (
            select status_id
            from site_statuses
            where status_id is not null
            group by status_id
            having bool_and(status_category is not null)
        )
    group by status_id
),
listed as (
    select
        statuses.status_id,
        statuses.status,
        coalesce(statuses.status_category, seen.status_category) as status_category,
        statuses.project_id
    from site_statuses as statuses
    left join seen on statuses.status_id = seen.status_id
)
select
    status_id::varchar as status_id,
    status::varchar as status,
    status_category::varchar as status_category,
    project_id::varchar as project_id
from listed
union all
select
    status_id::varchar as status_id,
    status::varchar as status,
    status_category::varchar as status_category,
    null::varchar as project_id
from seen
where status_id not in (select status_id from listed where status_id is not null);

comment on table warehouse.jira_statuses is 'Statuses of the site';
comment on column warehouse.jira_statuses.status_id is 'Id of the status';
comment on column warehouse.jira_statuses.status is 'Name of the status today';
comment on column warehouse.jira_statuses.status_category is 'new, indeterminate or done';
comment on column warehouse.jira_statuses.project_id is 'Project it belongs to; null for statuses that projects share';
