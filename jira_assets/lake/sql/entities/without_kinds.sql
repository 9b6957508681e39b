copy (
    select *
    from read_parquet({file}, hive_partitioning = false)
    where kind not in ({kinds})
) to {parquet} (format parquet, compression zstd, row_group_size 2048)
