-- The winners' payloads are read once and cut into the few fields that are wanted, each still JSON: the tables
-- are made from this. `concat` hides from the planner that all winners are issues: it takes them for the smaller side
-- of the join then, and does not hold every parsed payload in memory. Half a surrogate pair makes a payload malformed, so such payloads are mended first.
copy (
    select
        winners.project as project,
        winners.jira_id as jira_id,
        winners.jira_key as jira_key,
        winners.project_key as project_key,
        winners.updated_at as updated_at,
        winners.asked_at as asked_at,
        issue.fields as fields
    from (
        select
            filename as file,
            file_row_number as row,
            coalesce(
                try(from_json(payload, {specification})),
                try(from_json(
                    regexp_replace(payload, '\\u[dD][89a-fA-F][0-9a-fA-F]{{2}}', '\\ufffd', 'g'), {specification}
                ))
            ) as issue
        from {observations}
    ) as raw
    inner join winners on raw.file = winners.file and raw.row = winners.row
    where concat(winners.kind) = 'issue'
) to {parquet} (format parquet, compression lz4, row_group_size 2048)
