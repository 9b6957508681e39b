-- group: metrics
-- scope: all projects
-- parts: jira_id of warehouse.issue_block_spans

create table warehouse.blocked_work as
with present as (
    select
        spans.jira_id as jira_id,
        list_sort(list(distinct spans.reason)) as reasons,
        list_sort(list(distinct spans.blocker_key) filter (where spans.blocker_key is not null)) as blocker_keys,
        list_sort(
            list(distinct spans.blocker_key)
                filter (where spans.blocker_key is not null and not spans.is_blocker_tracked)
        ) as untracked_blocker_keys
    from warehouse.issue_block_spans as spans
    inner join warehouse.issue_flow as flow on spans.jira_id = flow.jira_id
    where
        spans.contradiction is null
        and spans.ended_at is null
        and flow.is_counted
        and flow.status_category is distinct from 'done'
    group by spans.jira_id
),
-- One reason may take over from another: the last time that none did is when the present time began.
beginnings as (
    select
        spans.jira_id as jira_id,
        spans.started_at as started_at,
        spans.started_at > max(coalesce(spans.ended_at, 'infinity')) over (
            partition by spans.jira_id
            order by spans.started_at asc, spans.ended_at asc nulls last
            rows between unbounded preceding and 1 preceding
        ) as is_apart
    from warehouse.issue_block_spans as spans
    semi join present on spans.jira_id = present.jira_id
    where spans.contradiction is null
),
since as (
    select
        jira_id as jira_id,
        max(started_at) filter (where coalesce(is_apart, true)) as blocked_at
    from beginnings
    group by jira_id
)
select
    flow.project_id::varchar as project_id,
    flow.project_key::varchar as project_key,
    flow.jira_id::varchar as jira_id,
    flow.jira_key::varchar as jira_key,
    flow.url::varchar as url,
    flow.issue_type::varchar as issue_type,
    flow.status_id::varchar as status_id,
    flow.status::varchar as status,
    flow.status_category::varchar as status_category,
    flow.assignee_id::varchar as assignee_id,
    members.display_name::varchar as assignee,
    flow.team::varchar as team,
    flow.started_on::date as started_on,
    since.blocked_at::timestamp as blocked_at,
    local_day(since.blocked_at)::date as blocked_on,
    (
        date_diff('day', least(local_day(since.blocked_at), settings.as_of), settings.as_of) + 1
    )::integer as days_blocked,
    present.reasons::varchar[] as reasons,
    coalesce(present.blocker_keys, [])::varchar[] as blocker_keys,
    coalesce(present.untracked_blocker_keys, [])::varchar[] as untracked_blocker_keys
from present
inner join since on present.jira_id = since.jira_id
inner join warehouse.issue_flow as flow on present.jira_id = flow.jira_id
inner join warehouse.metric_settings as settings on flow.project_id = settings.project_id
left join warehouse.team_members as members on flow.assignee_id = members.member_id;

comment on table warehouse.blocked_work is 'Open issues that are blocked now, started or not';
comment on column warehouse.blocked_work.project_id is 'Id of the project';
comment on column warehouse.blocked_work.project_key is 'Key of the project today';
comment on column warehouse.blocked_work.jira_id is 'Id of the issue';
comment on column warehouse.blocked_work.jira_key is 'Key of the issue today';
comment on column warehouse.blocked_work.url is 'Address of the issue in Jira';
comment on column warehouse.blocked_work.issue_type is 'Name of its type';
comment on column warehouse.blocked_work.status_id is 'Id of its status';
comment on column warehouse.blocked_work.status is 'Name of its status';
comment on column warehouse.blocked_work.status_category is 'new or indeterminate, with the overrides of the settings; null if it is not known';
comment on column warehouse.blocked_work.assignee_id is 'Team member it is assigned to';
comment on column warehouse.blocked_work.assignee is 'Name of that member';
comment on column warehouse.blocked_work.team is 'Its team today, as in jira_issues';
comment on column warehouse.blocked_work.started_on is 'Day of its start; null if it was never in progress';
comment on column warehouse.blocked_work.blocked_at is 'Since when it has been blocked without a break, by any reason, also before its start, UTC';
comment on column warehouse.blocked_work.blocked_on is 'Day of that in the time zone of the settings';
comment on column warehouse.blocked_work.days_blocked is 'Calendar days since then, both included';
comment on column warehouse.blocked_work.reasons is 'Why it is blocked now: flagged, status or link, as in issue_block_spans';
comment on column warehouse.blocked_work.blocker_keys is 'Keys of the open issues that block it; empty for other reasons';
comment on column warehouse.blocked_work.untracked_blocker_keys is 'Those of them whose status is not known here: they count as open for as long as the link is there';
