create table warehouse.jira_statuses as
with listed as (
    select distinct on (status_id, project_id)
        status_id,
        status,
        case status_category when 'undefined' then 'new' else status_category end as status_category,
        project_id
    from site.statuses
),
-- Statuses that the site did not list, as the newest issue shows them.
seen as (
    select
        status_id,
        arg_max(status, synced_at) as status,
        arg_max(status_category, synced_at) as status_category,
        null::varchar as project_id
    from {whole}.jira_issues
    where status_id is not null and status_id not in (select status_id from listed where status_id is not null)
    group by status_id
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
    project_id::varchar as project_id
from seen;

comment on table warehouse.jira_statuses is 'Statuses of the site';
comment on column warehouse.jira_statuses.status_id is 'Id of the status';
comment on column warehouse.jira_statuses.status is 'Name of the status today';
comment on column warehouse.jira_statuses.status_category is 'new, indeterminate or done';
comment on column warehouse.jira_statuses.project_id is 'Project it belongs to; null for statuses that projects share';
