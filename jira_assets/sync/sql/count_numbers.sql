select
    field_id,
    count(try_cast(value as double)) as numbers
from read_parquet({file}, hive_partitioning = false)
group by field_id
