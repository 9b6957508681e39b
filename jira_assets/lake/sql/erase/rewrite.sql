-- Every row in its place, as `compact` keeps them: the few that were cleaned are the side of the join that is held.
copy (
    select present.* exclude (file_row_number) replace (
        coalesce(clean.payload, present.payload) as payload,
        coalesce(clean.histories, present.histories) as histories
    )
    from read_parquet({file}, file_row_number = true, hive_partitioning = false) as present
    left join read_ndjson(
        {staging},
        columns = {{row: 'bigint', payload: 'varchar', histories: 'varchar'}},
        maximum_object_size = {longest}
    ) as clean on present.file_row_number = clean.row
) to {parquet} (format parquet, compression zstd, row_group_size 2048)
