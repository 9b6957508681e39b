-- As in stage.sql, `concat` keeps the planner from holding every parsed payload in memory. Who changed it stays beside each change, as Jira described them then: `people_seen` is made from that.
with logs as (
    select
        winners.project as project,
        winners.jira_id as jira_id,
        winners.asked_at as asked_at,
        raw.logs as logs
    from (
        select
            filename as file,
            file_row_number as row,
            coalesce(
                try(from_json(histories, {specification})),
                try(from_json(
                    regexp_replace(histories, '\\u[dD][89a-fA-F][0-9a-fA-F]{{2}}', '\\ufffd', 'g'),
                    {specification}
                ))
            ) as logs
        from {observations}
    ) as raw
    inner join winners on raw.file = winners.file and raw.row = winners.row
    where concat(winners.kind) = 'issue'
),
single as (
    select
        project,
        jira_id,
        asked_at,
        -- Pages may repeat a history; comparing all pairs is for those few that do.
        case
            when len(list_distinct(ids)) = len(ids) then logs
            else list_filter(
                logs,
                lambda history, place: history.id is not null and list_position(ids, history.id) = place
            )
        end as logs
    from (
        select
            project,
            jira_id,
            asked_at,
            logs,
            list_transform(logs, lambda history: history.id) as ids
        from logs
    )
),
histories as (
    select
        project,
        jira_id,
        asked_at,
        unnest(logs) as history
    from single
),
items as (
    select
        project,
        jira_id,
        asked_at,
        history.id as change_id,
        history.author as author,
        history.created as created,
        unnest(history.items) as change,
        generate_subscripts(history.items, 1) as item
    from histories
)
select
    project,
    jira_id::varchar as jira_id,
    change_id::varchar as change_id,
    coalesce(
        utc_time(created),
        -- Epoch numbers: before 1973 when read as milliseconds means that it counts seconds.
        case
            when try_cast(created as double) between -6e10 and 1e11
                then make_timestamp((try_cast(created as double) * 1e6)::bigint)
            when try_cast(created as double) between -6e13 and 1e14
                then make_timestamp((try_cast(created as double) * 1e3)::bigint)
        end
    )::timestamp as changed_at,
    author.accountid::varchar as author_account_id,
    change.field::varchar as field,
    change.fieldid::varchar as field_id,
    case when {is_long_text} then null else change."from" end::varchar as from_value,
    case when {is_long_text} then null else change.fromstring end::varchar as from_string,
    case when {is_long_text} then null else change."to" end::varchar as to_value,
    case when {is_long_text} then null else change.tostring end::varchar as to_string,
    item::integer as item,
    author as author,
    asked_at::timestamp as asked_at
from items
