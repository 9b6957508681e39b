-- The one place that says what a raw file holds; merged files take their columns from there.
copy (
    from read_csv(
        {staging},
        columns = {{
            jira_id: 'varchar',
            jira_key: 'varchar',
            project_id: 'varchar',
            project_key: 'varchar',
            updated_at: 'timestamp',
            asked_at: 'timestamp',
            seq: 'bigint',
            kind: 'varchar',
            payload: 'varchar',
            histories: 'varchar'
        }},
        {staged_format},
        hive_partitioning = false -- the name of the folder is no column
    )
) to {parquet} (format parquet, compression zstd, row_group_size 2048)
