-- The lists of comments of the issues of generate_lake.sql: every fourth issue has four, written on four days.
copy (
    select
        (({project} * 1000000) + numbers.number)::varchar as jira_id,
        {key} || '-' || numbers.number as jira_key,
        {project}::varchar as project_id,
        {key} as project_key,
        timestamp '2026-11-19 08:00:00' as updated_at,
        timestamp '2026-11-20 08:00:00' as asked_at,
        {seq}::bigint as seq,
        'comments' as kind,
        '[' || array_to_string(
            list_transform(
                range(case when numbers.number % 4 = 0 then 4 else 0 end),
                lambda place: '{{"id":"' || (({project} * 1000000 + numbers.number) * 10 + place)
                    || '","author":{{"accountId":"user-' || (numbers.number + place) % 40
                    || '"}},"created":"2026-11-1' || place || 'T08:00:00.000+0000","updated":"2026-11-1' || place
                    || 'T09:00:00.000+0000","jsdPublic":true,"body":{{"type":"doc","version":1,"content":[{{"type":'
                    || '"paragraph","content":[{{"type":"text","text":"'
                    || repeat(md5(numbers.number || '.' || place) || ' ', 10) || '"}}]}}]}}}}'
            ),
            ','
        ) || ']' as payload,
        null::varchar as histories
    from range({first}, {last}) as numbers(number)
) to {parquet} (format parquet, compression zstd, row_group_size 2048)
