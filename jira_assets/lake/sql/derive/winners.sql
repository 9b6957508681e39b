-- One observation for each issue of each project, found from narrow columns only.
-- A tombstone buries what was seen before it; what is seen later revives the issue, even with the same `updated`,
-- because a stale search index may answer an older version after a newer one.
create or replace temp table winners as
with seen as (
    select
        project_id,
        jira_id,
        jira_key,
        project_key,
        updated_at,
        asked_at,
        seq,
        kind,
        filename as file,
        file_row_number as row
    from {observations}
    where project_id in ({project_ids}) and {is_touched}
),
ranked as (
    select
        *,
        case
            when kind <> 'issue' then 1
            when seq > coalesce(max(seq) filter (where kind <> 'issue') over (partition by project_id, jira_id), -1) then 2
            else 0
        end as claim
    from seen
)
select
    project_id as project,
    jira_id,
    jira_key,
    project_key,
    updated_at,
    asked_at,
    kind,
    file,
    row
from ranked
qualify row_number() over (
    partition by project_id, jira_id
    order by claim desc, case when claim = 2 then updated_at end desc nulls last, seq desc, file desc, row desc
) = 1
