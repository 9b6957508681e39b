-- What any version of an issue said of the status it was in: the site itself only lists the statuses that its active
-- workflows use, and histories name the others by their ids.
with said as (
    select
        project as project,
        from_json(fields.status, {state}) as state,
        asked_at as asked_at
    from {stage}
    union all
    select
        superseded.project as project,
        coalesce(
            from_json(try(json_extract(raw.payload, '$.fields.status')), {state}),
            -- As in stage.sql: half a surrogate pair makes a payload malformed.
            from_json(
                try(json_extract(
                    regexp_replace(raw.payload, '\\u[dD][89a-fA-F][0-9a-fA-F]{{2}}', '\\ufffd', 'g'), '$.fields.status'
                )),
                {state}
            )
        ) as state,
        raw.asked_at as asked_at
    from (
        select
            filename as file,
            file_row_number as row,
            payload as payload,
            asked_at as asked_at
        from {observations}
    ) as raw
    inner join superseded on raw.file = superseded.file and raw.row = superseded.row
),
statuses as (
    select
        project as project,
        state.id as status_id,
        state.name as status,
        case
            when state.statuscategory.key in ('new', 'indeterminate', 'done') then state.statuscategory.key
            when state.statuscategory.key = 'undefined' then 'new'
        end as status_category,
        asked_at as asked_at
    from said
    where state.id is not null
    union all
    select
        project as project,
        status_id as status_id,
        status as status,
        status_category as status_category,
        seen_at as asked_at
    from {known}
)
select
    project as project,
    status_id::varchar as status_id,
    arg_max(status, asked_at)::varchar as status,
    arg_max(status_category, asked_at)::varchar as status_category,
    max(asked_at)::timestamp as seen_at
from statuses
group by project, status_id
