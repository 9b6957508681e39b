-- One thread and kept order: rows of one landing are told apart by their place alone.
copy (
    select
        jira_id,
        jira_key,
        project_id,
        project_key,
        updated_at,
        asked_at,
        seq,
        kind,
        payload,
        histories
    from read_parquet({files}, hive_partitioning = false)
) to {parquet} (format parquet, compression zstd, row_group_size 2048)
