-- One board at a time: the chosen one, or one with limits, and of several the one with the most in progress. Columns
-- before the work begins have no place here unless they have a limit.
with sizes as (
    select
        days.board_id as board_id,
        sum(days.issues) as issues
    from board_column_days as days
    where
        days.day = (select max(day) from board_column_days)
        and ($project is null or project_key = $project)
        and ($board is null or board_id = $board)
    group by days.board_id
),
limits as (
    select
        board_id as board_id,
        count(max_issues) > 0 as has_limits
    from jira_board_columns
    group by board_id
),
chosen as (
    select sizes.board_id
    from sizes
    left join limits on sizes.board_id = limits.board_id
    order by limits.has_limits desc nulls last, sizes.issues desc, sizes.board_id asc
    limit 1
),
columns as (
    select distinct
        columns.board_id as board_id,
        columns.position as position
    from (
        select
            board_id,
            position,
            max_issues,
            unnest(status_ids) as status_id
        from jira_board_columns
    ) as columns
    semi join chosen on columns.board_id = chosen.board_id
    left join jira_statuses as statuses on columns.status_id = statuses.status_id
    where columns.max_issues is not null or statuses.status_category = 'indeterminate'
)
select
    wip.board_name,
    wip.position,
    wip.column_name,
    wip.day,
    wip.issues,
    wip.sub_tasks,
    wip.limit_counts,
    wip.min_issues,
    wip.max_issues,
    wip.is_over_limit,
    wip.is_under_limit
from board_column_wip as wip
semi join columns on wip.board_id = columns.board_id and wip.position = columns.position
where wip.day between $since::date and $until::date
order by wip.position, wip.day
