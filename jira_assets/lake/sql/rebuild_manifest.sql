-- The raw files that hold an observation which no larger one holds, with the last number, rows and times in each.
with observed as (
    select jira_id, seq, asked_at, updated_at, filename as file
    from read_parquet({files}, filename = true, hive_partitioning = false)
),
sized as (
    select file, max(seq) as last_seq, count(*) as rows, max(asked_at) as asked_at, max(updated_at) as newest
    from observed
    group by all
),
held as (
    select
        observed.file,
        first(sized.file order by sized.rows desc, sized.file) over (
            partition by observed.jira_id, observed.seq, observed.asked_at
        ) as held_by
    from observed
    inner join sized on observed.file = sized.file
)
select file, last_seq, rows, asked_at, newest
from sized
where file in (select held_by from held)
order by last_seq, file
