copy (
    select
        entry.id::varchar as comment_id,
        jira_id::varchar as jira_id,
        entry.author.accountid::varchar as author_account_id,
        entry.updateauthor.accountid::varchar as update_author_account_id,
        utc_time(entry.created)::timestamp as created_at,
        utc_time(entry.updated)::timestamp as updated_at,
        {body}::varchar as body_text,
        (not coalesce(entry.jsdpublic, true))::boolean as is_internal,
        entry.visibility.type::varchar as visibility_type,
        entry.visibility.value::varchar as visibility_value,
        seen_at::timestamp as seen_at,
        deleted_seen_at::timestamp as deleted_seen_at
    from entries
    {kept}
) to {parquet} (format parquet, compression zstd)
