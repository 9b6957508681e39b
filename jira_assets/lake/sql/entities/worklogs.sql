-- Each worklog as it was last seen. Only what Jira lists as deleted is deleted; that one is not shown proves nothing.
-- Ids are found first, so that of each worklog one payload alone is held.
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
    )
    select
        newest.worklog_id::varchar as worklog_id,
        newest.here.jira_id::varchar as jira_id,
        (newest.here.kind = 'worklog_head')::boolean as is_head,
        entry.author.accountid::varchar as author_account_id,
        entry.updateauthor.accountid::varchar as update_author_account_id,
        utc_time(entry.started)::timestamp as started_at,
        entry.timespentseconds::bigint as seconds,
        utc_time(entry.created)::timestamp as created_at,
        utc_time(entry.updated)::timestamp as updated_at,
        {text}::varchar as comment_text,
        entry.visibility.type::varchar as visibility_type,
        entry.visibility.value::varchar as visibility_value,
        newest.seen_at::timestamp as seen_at,
        case
            when newest.deleted_seq > newest.here.seq then make_timestamp(newest.deleted_ms * 1000)
        end::timestamp as deleted_at,
        former.jira_id::varchar as moved_from_jira_id
    from newest
    left join parsed on newest.here.file = parsed.file and newest.here.row = parsed.row
    left join former on newest.worklog_id = former.worklog_id
    where newest.here is not null
) to {parquet} (format parquet, compression zstd)
