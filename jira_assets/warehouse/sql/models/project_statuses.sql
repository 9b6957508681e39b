-- group: metrics
-- scope: project
-- key: project_id

-- What each status means in each project: its own, else the shared one, else that of another project from which an
-- issue was moved; the settings may put it into another category.
--
-- Where nothing says the category of a status, the resolutions of the issues that were in it do: each issue has one
-- vote. It votes for Done if it was resolved there: if the change that brought it there, or a later one while it was
-- there, set its resolution, or, where no change tells, if `resolved_at` falls into a stay there. It votes against if
-- it was there, was not resolved there, and had not been resolved before. Being there with an earlier resolution says
-- nothing. It is Done if there are votes for it, and no fewer than against: entering Done without a resolution happens
-- on many sites, being resolved elsewhere seldom does.
create table warehouse.project_statuses as
with stays as (
    select *
    from status_stays(true)
),
resolution_changes as (
    select
        changes.jira_id as jira_id,
        changes.change_id as change_id,
        changes.changed_at as changed_at,
        coalesce(nullif(changes.from_value, ''), nullif(changes.from_string, '')) is not null as was_resolved,
        coalesce(nullif(changes.to_value, ''), nullif(changes.to_string, '')) is not null as is_resolved
    from warehouse.jira_issue_changes as changes
    semi join stays on changes.jira_id = stays.jira_id
    where coalesce(changes.field_id, changes.field) = 'resolution' and changes.changed_at is not null
),
-- Jira writes the time of the resolution a little before that of the change: what comes within a second is one moment.
resolved as (
    select
        jira_id as jira_id,
        change_id as change_id,
        changed_at + interval 1 second as resolved_at
    from resolution_changes
    where is_resolved
    union all
    select
        issues.jira_id as jira_id,
        null as change_id,
        issues.resolved_at + interval 1 second as resolved_at
    from warehouse.jira_issues as issues
    semi join stays on issues.jira_id = stays.jira_id
    anti join resolution_changes on issues.jira_id = resolution_changes.jira_id
    where issues.resolved_at is not null
),
-- When each was resolved first; from the beginning where no change sets the resolution that it has or had.
first_resolved as (
    select
        jira_id as jira_id,
        min(resolved_at) as resolved_at
    from (
        select
            jira_id as jira_id,
            resolved_at as resolved_at
        from resolved
        union all
        select
            jira_id as jira_id,
            '-infinity'::timestamp as resolved_at
        from resolution_changes
        group by jira_id
        having arg_min(was_resolved, row(changed_at, id_number(change_id)))
        union all
        select
            issues.jira_id as jira_id,
            '-infinity'::timestamp as resolved_at
        from warehouse.jira_issues as issues
        semi join stays on issues.jira_id = stays.jira_id
        anti join resolved on issues.jira_id = resolved.jira_id
        where issues.resolution is not null
    ) as moments
    group by jira_id
),
votes as (
    select
        stays.project_id as project_id,
        stays.status_key as status_key,
        stays.jira_id as jira_id,
        coalesce(
            bool_or(
                resolved.change_id = stays.change_id
                or (
                    resolved.resolved_at >= stays.entered_at
                    and (stays.left_at is null or resolved.resolved_at < stays.left_at)
                )
            ),
            false
        ) as is_for,
        bool_or(stays.entered_at < coalesce(first_resolved.resolved_at, 'infinity'::timestamp)) as is_against
    from stays
    semi join (select * from known_statuses where status_category is null) as doubted
        on stays.project_id = doubted.project_id and stays.status_key = doubted.status_key
    left join resolved on stays.jira_id = resolved.jira_id
    left join first_resolved on stays.jira_id = first_resolved.jira_id
    group by stays.project_id, stays.status_key, stays.jira_id
),
counted as (
    select
        project_id as project_id,
        status_key as status_key,
        count(*) filter (where is_for) as issues_for,
        count(*) filter (where not is_for and is_against) as issues_against,
        count(*) filter (where is_for) > 0
        and count(*) filter (where is_for) >= count(*) filter (where not is_for and is_against) as is_done
    from votes
    group by project_id, status_key
)
select
    statuses.project_id::varchar as project_id,
    projects.project_key::varchar as project_key,
    statuses.status_id::varchar as status_id,
    statuses.name::varchar as status,
    coalesce(statuses.status_category, case when counted.is_done then 'done' end)::varchar as status_category,
    statuses.is_active::boolean as is_active,
    statuses.is_blocked::boolean as is_blocked,
    coalesce(statuses.known_from, case when counted.is_done then 'resolutions' end)::varchar as known_from,
    statuses.setting::varchar as setting,
    counted.issues_for::bigint as issues_resolved,
    counted.issues_against::bigint as issues_unresolved
from known_statuses as statuses
left join warehouse.jira_projects as projects on statuses.project_id = projects.project_id
left join counted on statuses.project_id = counted.project_id and statuses.status_key = counted.status_key;

comment on table warehouse.project_statuses is 'Category of each status in each project whose issues are or were in it, and the source of that category';
comment on column warehouse.project_statuses.project_id is 'Id of the project';
comment on column warehouse.project_statuses.project_key is 'Key of the project today';
comment on column warehouse.project_statuses.status_id is 'Id of the status; null if changes only contain its name and no other source has its id';
comment on column warehouse.project_statuses.status is 'Current name of the status; for a deleted status, the name most frequent in histories';
comment on column warehouse.project_statuses.status_category is 'new, indeterminate or done; null if unknown: issues that were in such a status are excluded from all series';
comment on column warehouse.project_statuses.is_active is 'Whether JIRA_ASSETS_ACTIVE_STATUSES lists the status; null if that setting is empty';
comment on column warehouse.project_statuses.is_blocked is 'Whether JIRA_ASSETS_BLOCKED_STATUSES lists the status';
comment on column warehouse.project_statuses.known_from is 'Source of the category: setting, site (the site lists the status), lake (the site listed it earlier, or an issue version contained it) or resolutions (issues were resolved in it)';
comment on column warehouse.project_statuses.setting is 'Entry of JIRA_ASSETS_STATUS_CATEGORIES that matches it, in lower case';
comment on column warehouse.project_statuses.issues_resolved is 'Issues that were resolved in it; null where the category is known otherwise';
comment on column warehouse.project_statuses.issues_unresolved is 'Issues that were in it, unresolved before and not resolved there; null where the category is known otherwise'
