-- Entries of older lists that the newest list of their issue does not have, and when that was first seen. Only
-- issues with several lists can have any, and of those only the ids are read here.
create or replace temp table departed as
with lists as (
    select
        jira_id,
        seq,
        asked_at,
        from_json(payload, '[{{"id":"VARCHAR"}}]') as entries
    from {observations}
    where project_id = {project_id} and kind = {kind} and payload is not null
    qualify count(*) over (partition by jira_id) > 1
),
seen as (
    select
        jira_id,
        unnest(entries).id as entity_id,
        max(seq) as seq
    from lists
    group by jira_id, entity_id
)
select
    seen.jira_id as jira_id,
    seen.entity_id as entity_id,
    seen.seq as seq,
    min(lists.asked_at) as gone_at
from seen
inner join lists on seen.jira_id = lists.jira_id and seen.seq < lists.seq
group by seen.jira_id, seen.entity_id, seen.seq
