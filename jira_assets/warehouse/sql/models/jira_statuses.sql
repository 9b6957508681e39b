-- group: site
-- scope: site

create table warehouse.jira_statuses as
with site_statuses as (
    select distinct on (status_id, project_id)
        status_id,
        status,
        case status_category when 'undefined' then 'new' else status_category end as status_category,
        project_id,
        coalesce(is_listed, true) as is_listed
    from site.statuses
    order by status_id, project_id, is_listed desc nulls first
),
-- What the site does not say of a status, the newest issue in it does.
seen as (
    select
        status_id,
        arg_max(status, seen_at) as status,
        arg_max(status_category, seen_at) as status_category
    from {whole}.statuses_seen
    group by status_id
)
select
    statuses.status_id::varchar as status_id,
    statuses.status::varchar as status,
    coalesce(statuses.status_category, seen.status_category)::varchar as status_category,
    statuses.project_id::varchar as project_id,
    statuses.is_listed::boolean as is_listed
from site_statuses as statuses
left join seen on statuses.status_id = seen.status_id
union all
select
    seen.status_id::varchar as status_id,
    seen.status::varchar as status,
    seen.status_category::varchar as status_category,
    null::varchar as project_id,
    case when (select count(*) from site_statuses) > 0 then false end::boolean as is_listed
from seen
anti join site_statuses on seen.status_id = site_statuses.status_id;

comment on table warehouse.jira_statuses is 'Statuses of the site, including those that it no longer lists';
comment on column warehouse.jira_statuses.status_id is 'Id of the status';
comment on column warehouse.jira_statuses.status is 'Name of the status today, or the last one known';
comment on column warehouse.jira_statuses.status_category is 'new, indeterminate or done';
comment on column warehouse.jira_statuses.project_id is 'Project it belongs to; null for statuses that projects share';
comment on column warehouse.jira_statuses.is_listed is 'Whether the site currently lists it (sites list the statuses of active workflows); null if the list was never read';
