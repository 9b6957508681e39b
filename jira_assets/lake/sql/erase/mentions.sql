select
    file_row_number as row,
    payload,
    histories
from read_parquet({file}, file_row_number = true, hive_partitioning = false)
where {condition}
