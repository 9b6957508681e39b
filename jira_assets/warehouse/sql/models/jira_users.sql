-- group: people
-- scope: site

create table warehouse.jira_users as
select
    account_id::varchar as account_id,
    display_name::varchar as display_name,
    email::varchar as email,
    account_type::varchar as account_type,
    is_active::boolean as is_active,
    time_zone::varchar as time_zone
from ({people});

comment on table warehouse.jira_users is 'Jira accounts: those that the site lists, and those seen in issues';
comment on column warehouse.jira_users.account_id is 'Id of the account';
comment on column warehouse.jira_users.display_name is 'Display name as Jira shows it now';
comment on column warehouse.jira_users.email is 'E-mail address as Jira shows it now; null when hidden';
comment on column warehouse.jira_users.account_type is 'atlassian, app or customer';
comment on column warehouse.jira_users.is_active is 'Whether it can log in';
comment on column warehouse.jira_users.time_zone is 'Time zone it set';
