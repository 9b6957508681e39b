-- group: site
-- scope: site

create table warehouse.jira_resolutions as
select distinct on (resolution_id)
    resolution_id::varchar as resolution_id,
    resolution::varchar as resolution,
    description::varchar as description,
    is_default::boolean as is_default
from site.resolutions
order by resolution_id;

comment on table warehouse.jira_resolutions is 'Resolutions of the site, read daily';
comment on column warehouse.jira_resolutions.resolution_id is 'Id of the resolution';
comment on column warehouse.jira_resolutions.resolution is 'Name of the resolution today';
comment on column warehouse.jira_resolutions.description is 'Its description; null if there is none';
comment on column warehouse.jira_resolutions.is_default is 'Whether issues get it when they are resolved without a choice; null if Jira does not say';
