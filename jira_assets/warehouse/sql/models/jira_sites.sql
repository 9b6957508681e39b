-- group: site
-- scope: site

create table warehouse.jira_sites as
select
    short_name::varchar as site,
    prefix::varchar as id_prefix,
    url::varchar as url,
    title::varchar as name
from given.sites;

comment on table warehouse.jira_sites is 'Jira sites of this home; the first one has no short name until it is named';
comment on column warehouse.jira_sites.site is 'Short name of the site';
comment on column warehouse.jira_sites.id_prefix is 'What ids and project keys of the site begin with in all tables; empty for the first site. Account ids are the same on all sites';
comment on column warehouse.jira_sites.url is 'Address of the site';
comment on column warehouse.jira_sites.name is 'Title of the site in Jira';
