-- Sprints that were not closed when last seen: on the projects' boards, or in their issues.
with known as (
    select
        sprint_id,
        board_id,
        state
    from read_parquet({known})
),

in_issues as (
    select
        sprint_id,
        arg_max(board_id, copied_at) as board_id,
        arg_max(state, copied_at) as state
    from read_parquet({in_issues}, hive_partitioning = false)
    group by sprint_id
)

select
    known.sprint_id as sprint_id,
    known.board_id as board_id
from known
where
    known.state <> 'closed'
    and (
        list_contains($boards, known.board_id)
        or known.sprint_id in (select in_issues.sprint_id from in_issues)
    )
union all
select
    in_issues.sprint_id as sprint_id,
    in_issues.board_id as board_id
from in_issues
where
    in_issues.state <> 'closed'
    and in_issues.sprint_id not in (select known.sprint_id from known)
