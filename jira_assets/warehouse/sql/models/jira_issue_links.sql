-- group: issues
-- scope: all projects
-- parts: link_id of {whole}.jira_issue_links

create table warehouse.jira_issue_links as
with named as (
    select jira_id
    from {whole}.jira_issue_links
    union
    select other_id as jira_id
    from {whole}.jira_issue_links
),
issues as (
    select
        issue.jira_id as jira_id,
        present.jira_key as jira_key,
        issue.synced_at as synced_at,
        issue.shows_links as shows_links
    from {whole}.jira_issues as issue
    semi join named on issue.jira_id = named.jira_id
    inner join warehouse.jira_issues as present on issue.jira_id = present.jira_id and issue.project = present.project_id
),
ends as (
    select
        link.jira_id as jira_id,
        link.link_id as link_id,
        link.is_outward as is_outward,
        link.other_id as other_id,
        link.other_key as other_key,
        link.type_id as type_id,
        link.type as type,
        link.outward as outward,
        link.inward as inward,
        present.synced_at as synced_at
    from {whole}.jira_issue_links as link
    inner join warehouse.jira_issues as present on link.jira_id = present.jira_id and link.project = present.project_id
),
-- A link that came or went changes both issues, and they are read at different times: the one read last is right, and of
-- two that were read together the one at which the link begins.
current_ends as (
    select
        ends.*,
        row(ends.synced_at, ends.is_outward, ends.jira_id) as told
    from ends
    left join issues as other on ends.other_id = other.jira_id
    left join ends as other_end
        on
            ends.link_id = other_end.link_id
            and ends.other_id = other_end.jira_id
            and ends.is_outward <> other_end.is_outward
    where
        other_end.link_id is not null
        or other.synced_at is null
        or other.synced_at <= ends.synced_at
        or other.shows_links is not true
),
-- What is known of issues that are nowhere here any more.
departed as (
    select
        gone.jira_id as jira_id,
        gone.moved_to_key as jira_key,
        gone.reason = 'gone' as is_gone
    from warehouse.jira_deleted_issues as gone
    anti join issues on gone.jira_id = issues.jira_id
    qualify row_number() over (partition by gone.jira_id order by gone.noticed_at desc, gone.project_key asc) = 1
),
links as (
    select
        link_id as link_id,
        arg_max(case when is_outward then jira_id else other_id end, told) as source_jira_id,
        arg_max(case when is_outward then other_id else jira_id end, told) as target_jira_id,
        arg_max(other_key, told) filter (where not is_outward) as source_key,
        arg_max(other_key, told) filter (where is_outward) as target_key,
        arg_max(type_id, told) as type_id,
        arg_max(type, told) as type,
        arg_max(outward, told) as outward,
        arg_max(inward, told) as inward,
        bool_or(is_outward) as is_seen_on_source,
        bool_or(not is_outward) as is_seen_on_target
    from current_ends
    group by link_id
)
select
    links.link_id::varchar as link_id,
    links.source_jira_id::varchar as source_jira_id,
    coalesce(source.jira_key, former_source.jira_key, links.source_key)::varchar as source_key,
    links.target_jira_id::varchar as target_jira_id,
    coalesce(target.jira_key, former_target.jira_key, links.target_key)::varchar as target_key,
    links.type_id::varchar as type_id,
    links.type::varchar as type,
    links.outward::varchar as outward,
    links.inward::varchar as inward,
    (source.jira_id is not null)::boolean as is_source_tracked,
    (target.jira_id is not null)::boolean as is_target_tracked,
    case
        when links.is_seen_on_source and links.is_seen_on_target then 'both'
        when links.is_seen_on_source then 'source'
        else 'target'
    end::varchar as seen_on
from links
left join issues as source on links.source_jira_id = source.jira_id
left join issues as target on links.target_jira_id = target.jira_id
left join departed as former_source on links.source_jira_id = former_source.jira_id
left join departed as former_target on links.target_jira_id = former_target.jira_id
-- Jira deletes the links of an issue together with it.
where former_source.is_gone is not true and former_target.is_gone is not true;

comment on table warehouse.jira_issue_links is 'Links between issues today, one row per link, read from the issue with the outward name to the other: the source blocks the target';
comment on column warehouse.jira_issue_links.link_id is 'Id of the link in Jira';
comment on column warehouse.jira_issue_links.source_jira_id is 'Id of the issue that has the outward name, such as the one that blocks';
comment on column warehouse.jira_issue_links.source_key is 'Key of the source today; for an issue of an untracked project, the last one that was seen';
comment on column warehouse.jira_issue_links.target_jira_id is 'Id of the issue that has the inward name, such as the one that is blocked';
comment on column warehouse.jira_issue_links.target_key is 'Key of the target today; for an issue of an untracked project, the last one that was seen';
comment on column warehouse.jira_issue_links.type_id is 'Id of the type of the link';
comment on column warehouse.jira_issue_links.type is 'Name of the type, such as Blocks';
comment on column warehouse.jira_issue_links.outward is 'What the source does to the target, such as blocks';
comment on column warehouse.jira_issue_links.inward is 'What the target is to the source, such as is blocked by';
comment on column warehouse.jira_issue_links.is_source_tracked is 'Whether the source is in jira_issues';
comment on column warehouse.jira_issue_links.is_target_tracked is 'Whether the target is in jira_issues';
comment on column warehouse.jira_issue_links.seen_on is 'The issues that show the link: both, source or target; one alone if the other is not in jira_issues, was read earlier or hides its links';
