-- group: metrics
-- scope: project
-- key: project_id

create table warehouse.data_quality as
with findings as (
    select unnest([
        {{'finding': 'status_contradicted', 'meaning': 'Issues whose changes lead to a different status than the current one: excluded from all series'}},
        {{'finding': 'sprint_contradicted', 'meaning': 'Issues whose changes lead to different sprints than the current ones: excluded from sprint metrics'}},
        {{'finding': 'estimate_contradicted', 'meaning': 'Issues whose changes lead to a different estimate than the current one: excluded from sprint metrics'}},
        {{'finding': 'no_start', 'meaning': 'Finished issues that were never in progress: no cycle time'}},
        {{'finding': 'done_at_creation', 'meaning': 'Issues that were Done since their creation according to their changes: a lead time of one day'}},
        {{'finding': 'moved_backwards', 'meaning': 'Issues that moved back to an earlier status category'}},
        {{'finding': 'moved_left_on_board', 'meaning': 'Issues that moved to an earlier column of a board within a status category'}},
        {{'finding': 'not_on_board', 'meaning': 'Open issues in a status that no board of the project shows'}},
        {{'finding': 'in_progress_at_creation', 'meaning': 'Issues that were in progress since their creation according to their changes: a cycle time as long as the lead time'}},
        {{'finding': 'sub_tasks_started_first', 'meaning': 'Issues that are not started with sub-tasks that are: a cycle time that begins late'}},
        {{'finding': 'unfinished_sub_tasks', 'meaning': 'Finished issues with sub-tasks that were not finished at that time: a cycle time that ends early'}},
        {{'finding': 'blocked_by_done', 'meaning': 'Open issues blocked by an issue of the project that is Done'}},
        {{'finding': 'changed_after_done', 'meaning': 'Finished issues whose status, sprint or estimate changed after the finish'}},
        {{'finding': 'unestimated', 'meaning': 'Open issues without an estimate'}},
        {{'finding': 'unknown_status', 'meaning': 'Issues that were in a status of unknown category: excluded from all series until JIRA_ASSETS_STATUS_CATEGORIES contains it'}},
        {{'finding': 'no_summary', 'meaning': 'Issues without a summary'}},
        {{'finding': 'many_sprints', 'meaning': 'Issues in more than five sprints'}},
        {{'finding': 'sprint_without_dates', 'meaning': 'Sprints started or closed without a start, an end, or in that order: no velocity'}},
        {{'finding': 'sprint_over_a_year', 'meaning': 'Sprints that are or were planned to be open for more than 366 days: no burndown'}},
        {{'finding': 'worklogs_differ', 'meaning': 'Issues whose worklogs do not add up to the time spent in Jira: some are restricted to a group'}},
        {{'finding': 'unmatched_people', 'meaning': 'Jira accounts without a team member'}}
    ]) as finding
),
-- A setting replaces what was set before: a project with categories of its own keeps them.
unknown as (
    select
        project_id as project_id,
        list(distinct name || ' = ' || category) as entries
    from (
        select
            project_id as project_id,
            -- The separators of the setting cannot be part of a name in it.
            case when regexp_matches(status, '[,;:"]') then status_id else coalesce(status, status_id) end as name,
            case when issues_unresolved > 0 then 'in progress' else 'done' end as category
        from warehouse.project_statuses
        where status_category is null
    ) as statuses
    where name is not null
    group by project_id
),
repairs as (
    select
        settings.project_id as project_id,
        'unknown_status' as finding,
        'JIRA_ASSETS_STATUS_CATEGORIES="'
        || case when cardinality(settings.status_categories) > 0 then settings.project_key || ': ' else '' end
        || array_to_string(
            list_concat(
                list_sort(
                    list_transform(
                        map_entries(settings.status_categories),
                        lambda entry: entry.key || ' = '
                            || case entry.value when 'new' then 'to do' when 'done' then 'done' else 'in progress' end
                    )
                ),
                list_sort(unknown.entries)
            ),
            ', '
        )
        || '"' as repair
    from unknown
    inner join warehouse.metric_settings as settings on unknown.project_id = settings.project_id
),
leftward as (
    select distinct
        old.project_id as project_id,
        old.status_id as previous_status_id,
        new.status_id as status_id
    from board_statuses as old
    inner join board_statuses as new on old.project_id = new.project_id and old.board_id = new.board_id
    where new.position < old.position
),
sub_tasks as (
    select
        parents.jira_id as jira_id,
        parents.started_at is null and parents.finished_at is null as is_unstarted,
        parents.finished_at as finished_at,
        flow.started_at as sub_task_started_at,
        flow.finished_at as sub_task_finished_at
    from warehouse.jira_issues as issues
    inner join warehouse.issue_flow as flow on issues.jira_id = flow.jira_id
    inner join warehouse.issue_flow as parents on issues.parent_id = parents.jira_id
    where
        flow.hierarchy_level < 0
        and not flow.is_left_out
        and parents.is_counted
        and not parents.is_left_out
        and flow.project_id = parents.project_id
),
-- Jira changes both issues when a link comes or goes: what the open one shows is right. Blockers in other projects are
-- not looked at, since the rows of a project depend on that project only.
blocked as (
    select
        links.jira_id as jira_id,
        links.other_id as blocker_id
    from lake.jira_issue_links as links
    inner join lake.present as present on links.jira_id = present.jira_id and links.project = present.project
    where not links.is_outward and folded(links.outward) = 'blocks'
),
crowded as (
    select
        jira_id as jira_id
    from warehouse.jira_issue_sprints
    group by jira_id
    having count(*) > 5
),
logged as (
    select
        jira_id as jira_id,
        sum(seconds) as seconds
    from warehouse.jira_worklogs
    where deleted_at is null
    group by jira_id
),
odd_sprints as (
    select
        sprint_id as sprint_id,
        coalesce(sprint_name, sprint_id) as label,
        'sprint_without_dates' as finding
    from warehouse.jira_sprints
    where
        (state = 'active' and started_at is null)
        or (state = 'closed' and not coalesce(started_at <= coalesce(completed_at, ended_at), false))
    union all
    select
        sprints.sprint_id as sprint_id,
        coalesce(sprints.sprint_name, sprints.sprint_id) as label,
        'sprint_over_a_year' as finding
    from warehouse.jira_sprints as sprints
    cross join (select max(as_of) as as_of from warehouse.metric_settings) as settings
    where
        sprints.state in ('active', 'closed')
        and greatest(
            case when sprints.state = 'closed' then local_day(sprints.completed_at) else settings.as_of end,
            local_day(sprints.ended_at)
        ) - local_day(sprints.started_at) > 366
),
of_issues as (
    select
        jira_id as jira_id,
        case when replay = 'category' then 'unknown_status' else replay || '_contradicted' end as finding
    from warehouse.issue_replay_flags
    union all
    select
        flow.jira_id as jira_id,
        unnest(list_filter(
            [
                case when flow.finished_at is not null and flow.started_at is null and flow.is_counted then 'no_start' end,
                case when flow.finished_at = flow.created_at and flow.is_counted then 'done_at_creation' end,
                case when flow.moved_backwards > 0 and flow.is_counted then 'moved_backwards' end,
                case when flow.moved_while_done > 0 and flow.finished_at is not null then 'changed_after_done' end,
                case
                    when
                        flow.is_counted
                        and flow.story_points is null
                        and flow.status_category is distinct from 'done'
                        and projects.story_points_field is not null
                        then 'unestimated'
                end
            ],
            lambda finding: finding is not null
        )) as finding
    from warehouse.issue_flow as flow
    inner join warehouse.jira_projects as projects on flow.project_id = projects.project_id
    union all
    select
        flow.jira_id as jira_id,
        'changed_after_done' as finding
    from warehouse.issue_flow as flow
    inner join warehouse.issue_sprint_spans as spans on flow.jira_id = spans.jira_id
    where spans.entered_at > flow.finished_at or spans.left_at > flow.finished_at
    union all
    select
        flow.jira_id as jira_id,
        'changed_after_done' as finding
    from warehouse.issue_flow as flow
    inner join warehouse.issue_estimate_spans as spans on flow.jira_id = spans.jira_id
    where spans.entered_at > flow.finished_at or spans.left_at > flow.finished_at
    union all
    select
        spans.jira_id as jira_id,
        'moved_left_on_board' as finding
    from warehouse.issue_status_spans as spans
    inner join warehouse.issue_flow as flow on spans.jira_id = flow.jira_id
    semi join leftward
        on
            spans.project_id = leftward.project_id
            and spans.previous_status_id = leftward.previous_status_id
            and spans.status_id = leftward.status_id
    where flow.is_counted and spans.status_category = spans.previous_category
    union all
    select
        flow.jira_id as jira_id,
        'not_on_board' as finding
    from warehouse.issue_flow as flow
    semi join board_statuses as boards on flow.project_id = boards.project_id
    anti join board_statuses as shown on flow.project_id = shown.project_id and flow.status_id = shown.status_id
    where flow.is_counted and flow.status_category is distinct from 'done'
    union all
    select
        spans.jira_id as jira_id,
        'in_progress_at_creation' as finding
    from warehouse.issue_status_spans as spans
    inner join warehouse.issue_flow as flow on spans.jira_id = flow.jira_id
    where flow.is_counted and spans.visit = 1 and spans.status_category = 'indeterminate'
    union all
    select
        jira_id as jira_id,
        'sub_tasks_started_first' as finding
    from sub_tasks
    where is_unstarted and (sub_task_started_at is not null or sub_task_finished_at is not null)
    union all
    select
        jira_id as jira_id,
        'unfinished_sub_tasks' as finding
    from sub_tasks
    where finished_at is not null and not coalesce(sub_task_finished_at <= finished_at, false)
    union all
    select
        blocked.jira_id as jira_id,
        'blocked_by_done' as finding
    from blocked
    inner join warehouse.issue_flow as flow on blocked.jira_id = flow.jira_id
    inner join warehouse.issue_flow as blockers on blocked.blocker_id = blockers.jira_id
    where
        flow.is_counted
        and flow.project_id = blockers.project_id
        and flow.status_category is distinct from 'done'
        and blockers.status_category = 'done'
    union all
    select
        jira_id as jira_id,
        'no_summary' as finding
    from warehouse.jira_issues
    where summary is null
    union all
    select
        jira_id as jira_id,
        'many_sprints' as finding
    from crowded
    union all
    select
        issues.jira_id as jira_id,
        'worklogs_differ' as finding
    from warehouse.jira_issues as issues
    inner join given.entity_status as status on issues.project_id = status.project_id and status.entity = 'worklogs'
    left join logged on issues.jira_id = logged.jira_id
    -- Jira does not list worklogs of the last minute.
    where
        issues.updated_at <= status.read_at - interval 1 minute
        and coalesce(issues.time_spent_seconds, 0) <> coalesce(logged.seconds, 0)
),
subjects as (
    select
        issues.project_id as project_id,
        of_issues.finding as finding,
        issues.jira_id as subject,
        issues.jira_key as label
    from of_issues
    inner join warehouse.jira_issues as issues on of_issues.jira_id = issues.jira_id
    union
    select
        issues.project_id as project_id,
        odd_sprints.finding as finding,
        odd_sprints.sprint_id as subject,
        odd_sprints.label as label
    from odd_sprints
    inner join warehouse.jira_issue_sprints as memberships on odd_sprints.sprint_id = memberships.sprint_id
    inner join warehouse.jira_issues as issues on memberships.jira_id = issues.jira_id
    union
    select
        projects.project_id as project_id,
        'unmatched_people' as finding,
        unmatched.account_id as subject,
        coalesce(unmatched.display_name, unmatched.account_id) as label
    from warehouse.jira_unmatched_users as unmatched
    inner join warehouse.jira_projects as projects on unmatched.project_key = projects.project_key
    -- As in the match rates: who is nobody's by decision or by nature waits for no one.
    where unmatched.reason <> 'ignored' and coalesce(unmatched.account_type not in ('app', 'customer'), true)
),
counted as (
    select
        project_id as project_id,
        finding as finding,
        count(*) as found,
        min(label, 5) as examples
    from subjects
    group by project_id, finding
)
select
    settings.project_id::varchar as project_id,
    settings.project_key::varchar as project_key,
    findings.finding.finding::varchar as finding,
    findings.finding.meaning::varchar as meaning,
    coalesce(counted.found, 0)::bigint as found,
    coalesce(counted.examples, [])::varchar[] as examples,
    case when counted.found > 0 then repairs.repair end::varchar as repair,
    syncs.last_success_at::timestamp as last_synced_at
from warehouse.metric_settings as settings
cross join findings
left join warehouse.sync_status as syncs on settings.project_id = syncs.project_id
left join counted on settings.project_id = counted.project_id and findings.finding.finding = counted.finding
left join repairs on settings.project_id = repairs.project_id and findings.finding.finding = repairs.finding;

comment on table warehouse.data_quality is 'Data quality findings of each project, and their effect on the metrics';
comment on column warehouse.data_quality.project_id is 'Id of the project';
comment on column warehouse.data_quality.project_key is 'Key of the project today';
comment on column warehouse.data_quality.finding is 'Short name of the finding';
comment on column warehouse.data_quality.meaning is 'Description of the finding and its effect on the metrics';
comment on column warehouse.data_quality.found is 'Number of occurrences';
comment on column warehouse.data_quality.examples is 'The first five, by key or name';
comment on column warehouse.data_quality.repair is 'Setting that resolves the finding, with a category to verify for each status: to do, in progress or done';
comment on column warehouse.data_quality.last_synced_at is 'When the project was last synced, as of publishing, UTC';
