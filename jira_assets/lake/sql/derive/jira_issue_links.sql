-- One row an end: the same link shows on both of its issues, and each of them names the other one.
with ends as (
    select
        project,
        jira_id,
        unnest({issuelinks}) as link
    from {stage}
)
select
    project,
    jira_id::varchar as jira_id,
    link.id::varchar as link_id,
    (link.outwardissue.id is not null)::boolean as is_outward,
    coalesce(link.outwardissue.id, link.inwardissue.id)::varchar as other_id,
    case when link.outwardissue.id is not null then link.outwardissue.key else link.inwardissue.key end::varchar
        as other_key,
    link.type.id::varchar as type_id,
    link.type.name::varchar as type,
    link.type.outward::varchar as outward,
    link.type.inward::varchar as inward
from ends
where link.id is not null and coalesce(link.outwardissue.id, link.inwardissue.id) is not null
