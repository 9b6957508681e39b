-- Everyone once: an account is the same person on all sites, and each site may hide what another one shows. Of several
-- that show a value, the first site counts.
select
    account_id::varchar as account_id,
    arg_min(display_name, site)::varchar as display_name,
    arg_min(email, site)::varchar as email,
    arg_min(account_type, site)::varchar as account_type,
    bool_or(is_active)::boolean as is_active,
    arg_min(time_zone, site)::varchar as time_zone
from ({people_by_site})
group by account_id
