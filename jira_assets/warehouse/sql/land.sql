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
    from read_ndjson(
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
        maximum_object_size = {longest}
    )
) to {parquet} (format parquet, compression zstd, row_group_size 2048)
