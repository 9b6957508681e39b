-- The version of each issue that stands in the lake. A tombstone is beaten by what was observed after it; among
-- issues the newest version wins, then the later look.
create or replace temp table known as
with observed as (
    select
        jira_id,
        jira_key,
        project_key,
        updated_at,
        seq,
        kind,
        kind <> 'issue' as is_tombstone,
        coalesce(max(seq) filter (kind <> 'issue') over (partition by jira_id), 0) as buried_at,
        max(seq) over (partition by jira_id) as looked_at
    from {observations}
)
select
    jira_id as jira_id,
    jira_key as jira_key,
    project_key as project_key,
    updated_at as updated_at,
    is_tombstone as is_tombstone,
    kind in ('archived', 'trashed', 'invisible') as is_put_away,
    looked_at as looked_at
from observed
where seq >= buried_at
qualify row_number() over (
    partition by jira_id
    order by seq > buried_at desc, updated_at desc nulls last, seq desc
) = 1
