-- A tombstone is beaten by what was observed after it; among issues the newest version wins, then the later look.
with observed as (
    select
        jira_id,
        jira_key,
        updated_at,
        seq,
        kind <> 'issue' as is_tombstone,
        coalesce(max(seq) filter (kind <> 'issue') over (partition by jira_id), 0) as buried_at
    from read_parquet({files}, hive_partitioning = false)
    where jira_id in (select unnest($ids))
)
select
    jira_id,
    jira_key,
    updated_at,
    is_tombstone
from observed
where seq >= buried_at
qualify row_number() over (
    partition by jira_id
    order by seq > buried_at desc, updated_at desc nulls last, seq desc
) = 1
