-- Every entry in its newest form: those of the newest list of each issue, and those that were in an older one only.
create or replace temp view entries as
with lists as (
    select
        jira_id,
        seq,
        asked_at,
        unnest(from_json(payload, {specification})) as entry
    from {observations}
    where project_id = {project_id} and kind = {kind} and payload is not null
),
reads as (
    select
        jira_id,
        list_seq,
        asked_at
    from read_parquet({reads})
    where entity = {kind}
)
select
    lists.jira_id as jira_id,
    lists.entry as entry,
    case when departed.gone_at is null then reads.asked_at else lists.asked_at end as seen_at,
    departed.gone_at as deleted_seen_at
from lists
left join reads on lists.jira_id = reads.jira_id and lists.seq = reads.list_seq
left join departed
    on lists.jira_id = departed.jira_id and lists.seq = departed.seq and lists.entry.id = departed.entity_id
where lists.entry.id is not null and (reads.jira_id is not null or departed.jira_id is not null)
