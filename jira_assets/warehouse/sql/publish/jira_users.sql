create table warehouse.jira_users as
with seen as (
    select
        account_id as account_id,
        coalesce(
            arg_max(display_name, last_seen_at) filter (where lower(display_name) <> 'former user'),
            any_value(display_name)
        ) as display_name,
        arg_max(email, last_seen_at) as email,
        arg_max(account_type, last_seen_at) as account_type,
        arg_max(is_active, last_seen_at) as is_active,
        arg_max(time_zone, last_seen_at) as time_zone
    from {whole}.people_seen
    group by account_id
),
listed as (
    select distinct on (account_id)
        account_id,
        case when lower(trim(display_name)) not in ('', 'former user') then display_name end as good_name,
        nullif(trim(display_name), '') as display_name,
        nullif(trim(email), '') as email,
        account_type,
        is_active,
        time_zone
    from site.users
    where account_id is not null
)
select
    coalesce(listed.account_id, seen.account_id)::varchar as account_id,
    coalesce(listed.good_name, seen.display_name, listed.display_name)::varchar as display_name,
    coalesce(listed.email, seen.email)::varchar as email,
    coalesce(listed.account_type, seen.account_type)::varchar as account_type,
    coalesce(listed.is_active, seen.is_active)::boolean as is_active,
    coalesce(listed.time_zone, seen.time_zone)::varchar as time_zone
from listed
full join seen on listed.account_id = seen.account_id;

comment on table warehouse.jira_users is 'Jira accounts: those that the site lists, and those seen in issues';
comment on column warehouse.jira_users.account_id is 'Id of the account';
comment on column warehouse.jira_users.display_name is 'Display name; for former users the last known one';
comment on column warehouse.jira_users.email is 'E-mail address; null when hidden';
comment on column warehouse.jira_users.account_type is 'atlassian, app or customer';
comment on column warehouse.jira_users.is_active is 'Whether it can log in';
comment on column warehouse.jira_users.time_zone is 'Time zone it set';
