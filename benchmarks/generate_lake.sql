-- A raw file of one project, as a full sync would have landed it: issues over three years, 5 changes each. One in 40 is
-- an epic, 6 of 10 belong to one, and one in four is linked to its neighbour, with a change at both ends.
copy (
    with dice as (
        select
            number as number,
            timestamp '2023-11-20 08:00:00' + to_seconds((hash(number, 1, {project}) % 94608000)::bigint) as created_at,
            (hash(number, 2, {project}) % 100)::bigint as fate,
            (hash(number, 3, {project}) % 8)::bigint as points,
            (hash(number, 4, {project}) % 100)::bigint as luck,
            (hash(number, 5, {project}) % 40)::bigint as person,
            (hash(number, 6, {project}) % 10)::bigint as days,
            -- Every fortieth issue is an epic, of the next issues; a version is made every other month.
            number % 40 = 0 as is_epic,
            (({project}::bigint * 1000000) + greatest(number - number % 40, 40)) as epic,
            (hash(number, 7, {project}) % 100)::bigint as plan
        from range({first}, {last}) as numbers(number)
    ),
    fates as (
        select
            *,
            case when fate < 70 then 3 when fate < 80 then 2 when fate < 85 then 1 else 0 end as moves,
            ({project} % 1000) * 1000 + date_diff('week', timestamp '2023-11-20', created_at) // 2 + 1 as sprint,
            luck < 60 as has_sprint,
            luck < 50 as has_points,
            number % 2 = 1 as blocks,
            case when number % 2 = 1 then number + 1 else number - 1 end as neighbour,
            'This issue ' || case when number % 2 = 1 then 'blocks ' else 'is blocked by ' end as sentence,
            (hash((number + 1) // 2, 8, {project}) % 4)::bigint = 0 as is_linked,
            not is_epic and plan < 60 as has_epic,
            plan % 3 = 0 as has_version,
            ({project} % 1000) * 1000 + date_diff('month', timestamp '2023-11-20', created_at) // 2 + 1 as version
        from dice
    ),
    entries as (
        select
            *,
            list_filter(
                [
                    case when has_points then row(1, '"Story Points","fieldId":"customfield_10016"', null, points || '') end,
                    case when has_sprint then row(2, '"Sprint","fieldId":"customfield_10020"', '', sprint || '') end,
                    row(3, '"assignee","fieldId":"assignee"', null, 'user-' || person),
                    case when is_linked then row(5, '"Link"', null, {key} || '-' || neighbour) end,
                    case when has_version then row(6, '"Fix Version","fieldId":"fixVersions"', null, version || '') end,
                    case when luck % 4 = 0 then row(4, '"assignee","fieldId":"assignee"', 'user-' || person, 'user-1') end,
                    case when moves > 0 then row(30 + days * 3, '"status","fieldId":"status"', '1', '2') end,
                    case when moves > 1 then row(60 + days * 20, '"status","fieldId":"status"', '2', '3') end,
                    case when moves > 2 then row(90 + days * 25, '"status","fieldId":"status"', '3', '4') end
                ],
                lambda entry: entry is not null
            ) as changes
        from fates
    )
    select
        (({project}::bigint * 1000000) + number)::varchar as jira_id,
        {key} || '-' || number as jira_key,
        {project}::varchar as project_id,
        {key} as project_key,
        created_at + to_hours(90 + days * 25) as updated_at,
        timestamp '2026-11-20 08:00:00' as asked_at,
        {seq}::bigint as seq,
        'issue' as kind,
        '{{"id":"' || (({project}::bigint * 1000000) + number) || '","key":"' || {key} || '-' || number
        || '","fields":{{"summary":"Issue ' || number || ' ' || md5(number || '')
        || '","description":"' || repeat(md5(number || 'd') || ' ', 20)
        || '","issuetype":{{"id":"' || case when is_epic then 4 else 1 + luck % 3 end
        || '","name":"' || case when is_epic then 'Epic' else ['Story', 'Bug', 'Task'][1 + luck % 3] end
        || '","subtask":false,"hierarchyLevel":' || is_epic::integer || '}},"status":{{"id":"' || (moves + 1) || '","name":"'
        || ['To Do', 'Doing', 'Review', 'Done'][moves + 1] || '","statusCategory":{{"key":"'
        || ['new', 'indeterminate', 'indeterminate', 'done'][moves + 1]
        || '"}}}},"priority":{{"name":"Medium"}},"assignee":{{"accountId":"user-' || person
        || '","displayName":"User ' || person || '"}},"reporter":{{"accountId":"user-1","displayName":"User 1"}},"labels":[],'
        || '"components":[],"fixVersions":['
        || case when has_version then '{{"id":"' || version || '","name":"Version ' || version || '"}}' else '' end
        || '],'
        || case when has_epic then '"parent":{{"id":"' || epic || '","key":"' || {key} || '-' || epic % 1000000 || '"}},' else '' end
        || '"issuelinks":['
        || case
            when is_linked
                then '{{"id":"' || (({project}::bigint * 1000000) + (number + 1) // 2)
                    || '","type":{{"id":"10000","name":"Blocks","inward":"is blocked by","outward":"blocks"}},"'
                    || case when blocks then 'out' else 'in' end || 'wardIssue":{{"id":"'
                    || (({project}::bigint * 1000000) + neighbour) || '","key":"' || {key} || '-' || neighbour
                    || '","fields":{{"summary":"Issue ' || neighbour || '"}}}}}}'
            else ''
        end
        || '],"created":"' || strftime(created_at, '%Y-%m-%dT%H:%M:%S.000+0000') || '",'
        || case when has_points then '"customfield_10016":' || points || ',' else '' end
        || case when has_sprint then '"customfield_10020":[{{"id":' || sprint || '}}],' else '' end
        || case
            when moves = 3
                then '"resolution":{{"name":"Done"}},"resolutiondate":"'
                    || strftime(created_at + to_hours(90 + days * 25), '%Y-%m-%dT%H:%M:%S.000+0000') || '",'
            else ''
        end
        || '"updated":"' || strftime(created_at + to_hours(90 + days * 25), '%Y-%m-%dT%H:%M:%S.000+0000') || '"}}}}' as payload,
        '[' || array_to_string(
            list_transform(
                changes,
                lambda entry: '{{"id":"' || (number * 100 + entry[1])
                    || '","author":{{"accountId":"user-1","displayName":"User 1"}},"created":"'
                    || strftime(created_at + to_hours(entry[1]::bigint), '%Y-%m-%dT%H:%M:%S.000+0000')
                    || '","items":[{{"field":' || entry[2] || ',"from":' || coalesce('"' || entry[3] || '"', 'null')
                    || ',"fromString":' || coalesce('"' || entry[3] || '"', 'null')
                    || ',"to":' || coalesce('"' || entry[4] || '"', 'null')
                    || ',"toString":"' || case when entry[1] = 5 then sentence else '' end || entry[4] || '"}}]}}'
            ),
            ','
        ) || ']' as histories
    from entries
) to {parquet} (format parquet, compression zstd, row_group_size 2048)
