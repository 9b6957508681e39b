select distinct
    account_id,
    member_id
from read_parquet({files}, hive_partitioning = false)
where matched_by = 'email'
order by account_id, member_id
