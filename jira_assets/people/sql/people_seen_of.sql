select
    account_id,
    display_name,
    email,
    account_type,
    is_active,
    issues_assigned,
    issues_reported,
    last_seen_at,
    time_zone,
    shown_at
from read_parquet({file}, hive_partitioning = false)
order by account_id
