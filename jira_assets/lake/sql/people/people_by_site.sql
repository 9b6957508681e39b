-- Everyone whom a site lists or who was seen in its issues, as that site shows them now. The list is read anew every
-- day, while an issue may have been read long ago: so the list alone says what is shown of those that it has.
with seen as (
    select
        site,
        account_id,
        arg_max(display_name, coalesce(shown_at, last_seen_at)) as display_name,
        case
            when lower(arg_max(display_name, coalesce(shown_at, last_seen_at))) is distinct from 'former user'
                then arg_max(email, coalesce(shown_at, last_seen_at))
        end as email,
        arg_max(account_type, coalesce(shown_at, last_seen_at)) as account_type,
        arg_max(is_active, coalesce(shown_at, last_seen_at)) as is_active,
        arg_max(time_zone, coalesce(shown_at, last_seen_at)) as time_zone
    from {seen}
    group by site, account_id
),
listed as (
    select distinct on (site, account_id)
        site,
        account_id,
        case when trim(display_name) <> '' then display_name end as display_name,
        case
            when trim(email) like '%@%' and lower(trim(display_name)) is distinct from 'former user'
                then trim(email)
        end as email,
        account_type,
        is_active,
        time_zone
    from {listed}
    where account_id is not null
)
select
    coalesce(listed.site, seen.site)::varchar as site,
    coalesce(listed.account_id, seen.account_id)::varchar as account_id,
    coalesce(listed.display_name, seen.display_name)::varchar as display_name,
    case when listed.account_id is null then seen.email else listed.email end::varchar as email,
    coalesce(listed.account_type, seen.account_type)::varchar as account_type,
    coalesce(listed.is_active, seen.is_active)::boolean as is_active,
    coalesce(listed.time_zone, seen.time_zone)::varchar as time_zone
from listed
full join seen on listed.account_id = seen.account_id and listed.site = seen.site
