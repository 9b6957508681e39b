copy (
    select
        entry.id::varchar as attachment_id,
        jira_id::varchar as jira_id,
        entry.author.accountid::varchar as author_account_id,
        entry.filename::varchar as filename,
        entry.mimetype::varchar as mime_type,
        entry.size::bigint as bytes,
        utc_time(entry.created)::timestamp as created_at,
        seen_at::timestamp as seen_at,
        deleted_seen_at::timestamp as deleted_seen_at
    from entries
    {kept}
) to {parquet} (format parquet, compression zstd)
