-- One thread and kept order: rows of one landing are told apart by their place alone.
copy (
    from read_parquet({files}, hive_partitioning = false, union_by_name = true)
) to {parquet} (format parquet, compression zstd, row_group_size 2048)
