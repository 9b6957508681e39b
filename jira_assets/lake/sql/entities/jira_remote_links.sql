copy (
    select
        entry.id::varchar as remote_link_id,
        jira_id::varchar as jira_id,
        entry.globalid::varchar as global_id,
        entry.relationship::varchar as relationship,
        nullif(entry.application.name, '')::varchar as application,
        nullif(entry.application.type, '')::varchar as application_type,
        entry.object.url::varchar as url,
        entry.object.title::varchar as title,
        entry.object.summary::varchar as summary,
        entry.object.status.resolved::boolean as is_resolved,
        seen_at::timestamp as seen_at,
        deleted_seen_at::timestamp as deleted_seen_at
    from entries
    {kept}
) to {parquet} (format parquet, compression zstd)
