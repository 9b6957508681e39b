create table warehouse.jira_statuses as
-- What the site does not say of a status, the newest issue in it does.
with seen as (
    select
        status_id,
        arg_max(status, synced_at) as status,
        arg_max(status_category, synced_at) as status_category
    from {whole}.jira_issues
    where status_id is not null
    group by status_id
),
listed as (
    select distinct on (statuses.status_id, statuses.project_id)
        statuses.status_id,
        statuses.status,
        coalesce(
            case statuses.status_category when 'undefined' then 'new' else statuses.status_category end,
            seen.status_category
        ) as status_category,
        statuses.project_id
    from site.statuses as statuses
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
