-- group: metrics
-- scope: all projects
-- parts: jira_id of flags, statuses, links

-- An issue is blocked while it has a flag, while it is in a blocked status, and while an issue that blocks it is open.
create table warehouse.issue_block_spans as
with flags as (
    select
        jira_id as jira_id,
        entered_at as started_at,
        left_at as ended_at,
        contradiction as contradiction
    from warehouse.issue_field_spans
    where
        is_flag_field(field_id)
        -- The name is all there is where the fields of the site could not be read.
        or (lower(field) in ('flagged', 'impediment') and (field_id is null or field_id not in (select field_id from site.fields)))
    union all
    -- Flagged since its creation.
    select
        issues.jira_id as jira_id,
        issues.issue_created_at as started_at,
        null as ended_at,
        null as contradiction
    from warehouse.jira_issues as issues
    anti join (select jira_id from warehouse.issue_field_spans where is_flag_field(field_id)) as changed
        on issues.jira_id = changed.jira_id
    where issues.is_flagged
),
in_doubt as (
    select
        jira_id as jira_id,
        min(reason) as reason
    from warehouse.issue_replay_flags
    where replay = 'status'
    group by jira_id
),
statuses as (
    select
        spans.jira_id as jira_id,
        spans.entered_at as started_at,
        spans.left_at as ended_at,
        in_doubt.reason as contradiction
    from warehouse.issue_status_spans as spans
    left join in_doubt on spans.jira_id = in_doubt.jira_id
    where spans.is_blocked
),
-- How the types of links that block are called at the blocked end.
blocking_phrases as (
    select distinct
        prefix_of(link_id) as site,
        inward as link
    from warehouse.jira_issue_links
    where is_blocking(type, outward)
    union
    select
        prefix as site,
        'is blocked by' as link
    from given.sites
),
links as (
    select
        spans.jira_id as jira_id,
        spans.other_jira_id as blocker_jira_id,
        spans.other_key as blocker_key,
        spans.linked_at as linked_at,
        spans.unlinked_at as unlinked_at,
        spans.contradiction as contradiction
    from warehouse.issue_link_spans as spans
    inner join blocking_phrases as phrases on prefix_of(spans.jira_id) = phrases.site and spans.link = phrases.link
    where spans.other_jira_id is distinct from spans.jira_id
),
-- While the blocker was open; one that is not tracked counts as open for as long as the link is there.
blockers as (
    select
        links.jira_id as jira_id,
        links.blocker_jira_id as blocker_jira_id,
        links.blocker_key as blocker_key,
        true as is_blocker_tracked,
        greatest(links.linked_at, spans.entered_at) as started_at,
        nullif(
            least(coalesce(links.unlinked_at, 'infinity'), coalesce(spans.left_at, 'infinity')), 'infinity'::timestamp
        ) as ended_at,
        coalesce(links.contradiction, in_doubt.reason) as contradiction
    from links as links
    inner join warehouse.issue_status_spans as spans on links.blocker_jira_id = spans.jira_id
    left join in_doubt on links.blocker_jira_id = in_doubt.jira_id
    where
        spans.status_category is distinct from 'done'
        and (spans.left_at is null or spans.left_at > links.linked_at)
        and (links.unlinked_at is null or links.unlinked_at > spans.entered_at)
    union all
    select
        links.jira_id as jira_id,
        links.blocker_jira_id as blocker_jira_id,
        links.blocker_key as blocker_key,
        false as is_blocker_tracked,
        links.linked_at as started_at,
        links.unlinked_at as ended_at,
        links.contradiction as contradiction
    from links as links
    anti join warehouse.jira_issues as issues on links.blocker_jira_id = issues.jira_id
),
found as (
    select
        'flagged' as reason,
        *
    from flags
    union all by name
    select
        'status' as reason,
        *
    from statuses
    union all by name
    select
        'link' as reason,
        *
    from blockers
),
-- Spans that touch are one: from one open status of the blocker to the next it stays blocked.
beginnings as (
    select
        *,
        started_at > max(coalesce(ended_at, 'infinity')) over (
            partition by jira_id, reason, blocker_jira_id, blocker_key
            order by started_at asc, ended_at asc nulls last
            rows between unbounded preceding and 1 preceding
        ) as is_apart
    from found
    where ended_at is null or ended_at > started_at
),
numbered as (
    select
        *,
        count(*) filter (where is_apart) over (
            partition by jira_id, reason, blocker_jira_id, blocker_key
            order by started_at asc, ended_at asc nulls last
            rows between unbounded preceding and current row
        ) as place
    from beginnings
),
merged as (
    select
        jira_id as jira_id,
        reason as reason,
        blocker_jira_id as blocker_jira_id,
        blocker_key as blocker_key,
        bool_and(is_blocker_tracked) as is_blocker_tracked,
        min(started_at) as started_at,
        nullif(max(coalesce(ended_at, 'infinity')), 'infinity'::timestamp) as ended_at,
        min(contradiction) as contradiction
    from numbered
    group by jira_id, reason, blocker_jira_id, blocker_key, place
)
select
    merged.jira_id::varchar as jira_id,
    issues.project_id::varchar as project_id,
    merged.reason::varchar as reason,
    merged.blocker_jira_id::varchar as blocker_jira_id,
    merged.blocker_key::varchar as blocker_key,
    merged.is_blocker_tracked::boolean as is_blocker_tracked,
    merged.started_at::timestamp as started_at,
    merged.ended_at::timestamp as ended_at,
    (date_diff('millisecond', merged.started_at, merged.ended_at) / 3600000.0)::double as hours,
    merged.contradiction::varchar as contradiction
from merged
inner join warehouse.jira_issues as issues on merged.jira_id = issues.jira_id;

comment on table warehouse.issue_block_spans is 'Times in which issues were blocked, by reason, also before their start and after their finish; reasons may overlap';
comment on column warehouse.issue_block_spans.jira_id is 'Id of the blocked issue';
comment on column warehouse.issue_block_spans.project_id is 'Id of its project today';
comment on column warehouse.issue_block_spans.reason is 'flagged (it had the flag of its board), status (JIRA_ASSETS_BLOCKED_STATUSES lists the one it was in) or link (an open issue blocked it)';
comment on column warehouse.issue_block_spans.blocker_jira_id is 'Id of the issue that blocked it; null for other reasons, or if its key is not known here';
comment on column warehouse.issue_block_spans.blocker_key is 'Key of that issue today';
comment on column warehouse.issue_block_spans.is_blocker_tracked is 'Whether the statuses of that issue are known; otherwise it counts as open for as long as the link is there';
comment on column warehouse.issue_block_spans.started_at is 'When it began to be blocked, UTC';
comment on column warehouse.issue_block_spans.ended_at is 'When that was over, UTC: the flag or the link removed, the status left, the blocker done; null while it is not';
comment on column warehouse.issue_block_spans.hours is 'Hours it was blocked; null while it is';
comment on column warehouse.issue_block_spans.contradiction is 'How the changes of the issue, the link or the blocker contradict their present state; such a row does not count in series';
