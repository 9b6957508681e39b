with days as (
    select
        day as day,
        sum(to_do)::bigint as to_do,
        sum(in_progress)::bigint as in_progress,
        sum(done)::bigint as done
    from cumulative_flow
    where
        day between $since::date and $until::date
        and ($project is null or project_key = $project)
        and ($issue_type is null or issue_type = $issue_type)
        and ($team is null or team = $team)
    group by day
)
select
    day,
    to_do,
    in_progress,
    done,
    done - first_value(done) over (order by day) as done_in_window
from days
order by day
