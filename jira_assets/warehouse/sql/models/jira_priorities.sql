-- group: site
-- scope: site

create table warehouse.jira_priorities as
select distinct on (priority_id)
    priority_id::varchar as priority_id,
    priority::varchar as priority,
    description::varchar as description,
    position::integer as position,
    is_default::boolean as is_default
from site.priorities
order by priority_id asc, position asc;

comment on table warehouse.jira_priorities is 'Priorities of the site, read daily';
comment on column warehouse.jira_priorities.priority_id is 'Id of the priority';
comment on column warehouse.jira_priorities.priority is 'Name of the priority today, as in jira_issues';
comment on column warehouse.jira_priorities.description is 'Its description; null if there is none';
comment on column warehouse.jira_priorities.position is 'Place in the order of the site: 1 is the most urgent';
comment on column warehouse.jira_priorities.is_default is 'Whether new issues get it; null if Jira does not say';
