-- group: issues
-- scope: all projects
-- parts: jira_id of children

create table warehouse.jira_issue_parents as
with recursive children as (
    select
        jira_id as jira_id,
        parent_id as parent_id,
        parent_key as parent_key
    from warehouse.jira_issues
    where parent_id <> jira_id
),
-- Few issues are above others.
parents as (
    select
        issues.jira_id as jira_id,
        issues.parent_id as parent_id,
        issues.parent_key as parent_key,
        issues.hierarchy_level as hierarchy_level,
        issues.issue_type as issue_type
    from warehouse.jira_issues as issues
    semi join (select distinct parent_id from warehouse.jira_issues) as named on issues.jira_id = named.parent_id
),
chain as (
    select
        jira_id as jira_id,
        parent_id as ancestor_id,
        parent_key as ancestor_key,
        1 as depth,
        [jira_id, parent_id] as path
    from children
    union all
    -- Issues that are read at different times may seem to be above each other.
    select
        chain.jira_id as jira_id,
        above.parent_id as ancestor_id,
        above.parent_key as ancestor_key,
        chain.depth + 1 as depth,
        list_append(chain.path, above.parent_id) as path
    from chain
    inner join parents as above on chain.ancestor_id = above.jira_id
    where above.parent_id is not null and not list_contains(chain.path, above.parent_id)
)
select
    chain.jira_id::varchar as jira_id,
    chain.ancestor_id::varchar as ancestor_id,
    chain.ancestor_key::varchar as ancestor_key,
    chain.depth::integer as depth,
    ancestor.hierarchy_level::integer as level,
    ancestor.issue_type::varchar as issue_type,
    (ancestor.jira_id is not null)::boolean as is_tracked
from chain
left join parents as ancestor on chain.ancestor_id = ancestor.jira_id;

comment on table warehouse.jira_issue_parents is 'All issues above each issue: its parent, the parent of that, and so on';
comment on column warehouse.jira_issue_parents.jira_id is 'Id of the issue';
comment on column warehouse.jira_issue_parents.ancestor_id is 'Id of the issue above it';
comment on column warehouse.jira_issue_parents.ancestor_key is 'Key of that issue today';
comment on column warehouse.jira_issue_parents.depth is '1 for its parent, 2 for the parent of its parent';
comment on column warehouse.jira_issue_parents.level is 'hierarchy_level of the issue above; null if it is not in jira_issues, where the chain ends';
comment on column warehouse.jira_issue_parents.issue_type is 'Type of the issue above';
comment on column warehouse.jira_issue_parents.is_tracked is 'Whether the issue above is in jira_issues';
