-- Jira embeds only the first page of comments and worklogs in an issue, and says how many there are.
select
    project as project,
    name as name,
    count(*) filter (where kept < total) as issues,
    sum(least(kept, total))::bigint as kept,
    sum(total)::bigint as total
from (
    select
        project as project,
        list.name as name,
        list.kept as kept,
        list.total as total
    from (
        select
            winners.project as project,
            unnest([
                {{
                    'name': 'comment',
                    'kept': try(json_array_length(payload, '$.fields.comment.comments')),
                    'total': try(try_cast(payload ->> '$.fields.comment.total' as bigint))
                }},
                {{
                    'name': 'worklog',
                    'kept': try(json_array_length(payload, '$.fields.worklog.worklogs')),
                    'total': try(try_cast(payload ->> '$.fields.worklog.total' as bigint))
                }}
            ]) as list
        from {observations} as raw
        inner join winners on raw.filename = winners.file and raw.file_row_number = winners.row
        where concat(winners.kind) = 'issue'
    )
)
where kept is not null and total is not null
group by project, name
having issues > 0
