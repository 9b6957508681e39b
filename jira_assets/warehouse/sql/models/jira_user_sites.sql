-- group: people
-- scope: site

create table warehouse.jira_user_sites as
select
    people.account_id::varchar as account_id,
    site_of(people.site)::varchar as site,
    people.display_name::varchar as display_name,
    people.email::varchar as email,
    people.is_active::boolean as is_active
from ({people_by_site}) as people;

comment on table warehouse.jira_user_sites is 'The sites on which each Jira account is listed or was seen in issues, and what each of them shows';
comment on column warehouse.jira_user_sites.account_id is 'Id of the account, the same on all sites';
comment on column warehouse.jira_user_sites.site is 'Short name of the site; null for the first site until it is named';
comment on column warehouse.jira_user_sites.display_name is 'Display name as this site shows it now';
comment on column warehouse.jira_user_sites.email is 'E-mail address as this site shows it now; null when hidden';
comment on column warehouse.jira_user_sites.is_active is 'Whether it can log in to this site';
