-- Each worklog as it was last seen. Only what Jira lists as deleted is deleted; that one is not shown proves nothing.
-- Ids are found first, so that of each worklog one payload alone is held. What was known before these observations, all
-- of which are newer, is in `known`.
copy (
    with seen as (
        select
            filename as file,
            file_row_number as row,
            seq as seq,
            asked_at as asked_at,
            kind as kind,
            coalesce(payload ->> '$.id', payload ->> '$.worklogId') as worklog_id,
            payload ->> '$.issueId' as jira_id,
            case when kind = 'worklog_deleted' then try_cast(payload ->> '$.updatedTime' as bigint) end as deleted_ms
        from {observations}
    ),
    newest as (
        select
            worklog_id,
            max({{'seq': seq, 'file': file, 'row': row, 'kind': kind, 'jira_id': jira_id}})
                filter (where kind <> 'worklog_deleted') as here,
            max(asked_at) filter (where kind <> 'worklog_deleted') as seen_at,
            max(seq) filter (where kind = 'worklog_deleted') as deleted_seq,
            arg_max(deleted_ms, seq) filter (where kind = 'worklog_deleted') as deleted_ms
        from seen
        group by worklog_id
    ),
    former as (
        select
            seen.worklog_id as worklog_id,
            arg_max(seen.jira_id, seen.seq) as jira_id
        from seen
        inner join newest on seen.worklog_id = newest.worklog_id
        where seen.jira_id <> newest.here.jira_id
        group by seen.worklog_id
    ),
    parsed as (
        select
            filename as file,
            file_row_number as row,
            from_json(payload, {specification}) as entry
        from {observations}
        where kind = 'worklog'
    ),
    read as (
        select
            newest.worklog_id as worklog_id,
            newest.here is not null as is_here,
            newest.here.jira_id as jira_id,
            newest.here.kind = 'worklog_head' as is_head,
            entry.author.accountid as author_account_id,
            entry.updateauthor.accountid as update_author_account_id,
            utc_time(entry.started) as started_at,
            entry.timespentseconds as seconds,
            utc_time(entry.created) as created_at,
            utc_time(entry.updated) as updated_at,
            {text} as comment_text,
            entry.visibility.type as visibility_type,
            entry.visibility.value as visibility_value,
            newest.seen_at as seen_at,
            case
                when newest.deleted_seq > coalesce(newest.here.seq, -1) then make_timestamp(newest.deleted_ms * 1000)
            end as deleted_at,
            former.jira_id as moved_from_jira_id
        from newest
        left join parsed on newest.here.file = parsed.file and newest.here.row = parsed.row
        left join former on newest.worklog_id = former.worklog_id
    )
    select
        read.worklog_id::varchar as worklog_id,
        read.jira_id::varchar as jira_id,
        read.is_head::boolean as is_head,
        read.author_account_id::varchar as author_account_id,
        read.update_author_account_id::varchar as update_author_account_id,
        read.started_at::timestamp as started_at,
        read.seconds::bigint as seconds,
        read.created_at::timestamp as created_at,
        read.updated_at::timestamp as updated_at,
        read.comment_text::varchar as comment_text,
        read.visibility_type::varchar as visibility_type,
        read.visibility_value::varchar as visibility_value,
        read.seen_at::timestamp as seen_at,
        read.deleted_at::timestamp as deleted_at,
        coalesce(
            read.moved_from_jira_id,
            case when known.jira_id <> read.jira_id then known.jira_id else known.moved_from_jira_id end
        )::varchar as moved_from_jira_id
    from read
    left join {known} as known on read.worklog_id = known.worklog_id
    where read.is_here
    union all by name
    select known.* replace (coalesce(read.deleted_at, known.deleted_at)::timestamp as deleted_at)
    from {known} as known
    left join read on known.worklog_id = read.worklog_id
    where read.is_here is not true
) to {parquet} (format parquet, compression zstd)
