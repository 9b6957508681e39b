-- What the changes of every issue say of its status. A change that names a status without its id means the status of
-- that name which the project has: its own, else the one that its issues or their histories use, else a shared one.
create {materialized} status_values as
select
    changes.jira_id as jira_id,
    issues.project_id as project_id,
    changes.change_id as change_id,
    changes.changed_at as changed_at,
    nullif(changes.from_value, '') as from_id,
    changes.from_string as from_name,
    nullif(changes.to_value, '') as to_id,
    changes.to_string as to_name
from warehouse.jira_issue_changes as changes
inner join warehouse.jira_issues as issues on changes.jira_id = issues.jira_id
where coalesce(changes.field_id, changes.field) = 'status';

create table status_names as
with uses as (
    select
        project_id as project_id,
        status_id as status_id,
        status as status,
        true as is_present
    from warehouse.jira_issues
    union all
    select
        project_id as project_id,
        unnest([from_id, to_id]) as status_id,
        unnest([from_name, to_name]) as status,
        false as is_present
    from status_values
)
select
    project_id as project_id,
    status_id as status_id,
    status as status,
    bool_or(is_present) as is_present,
    count(*) as times
from uses
group by project_id, status_id, status;

create table status_ids as
with nameless as (
    select distinct
        project_id as project_id,
        folded(status) as name
    from status_names
    where status_id is null
),
candidates as (
    select
        project_id as project_id,
        folded(status) as name,
        status_id as status_id,
        is_listed as is_listed,
        1 as place
    from warehouse.jira_statuses
    where project_id is not null
    union all
    select
        names.project_id as project_id,
        folded(coalesce(statuses.status, names.status)) as name,
        names.status_id as status_id,
        statuses.is_listed as is_listed,
        case when names.is_present then 2 else 3 end as place
    from status_names as names
    left join warehouse.jira_statuses as statuses on names.status_id = statuses.status_id
    where names.status_id is not null
    union all
    select
        nameless.project_id as project_id,
        nameless.name as name,
        statuses.status_id as status_id,
        statuses.is_listed as is_listed,
        4 as place
    from nameless
    inner join warehouse.jira_statuses as statuses
        on
            nameless.name = folded(statuses.status)
            and prefix_of(nameless.project_id) = prefix_of(statuses.status_id)
    where statuses.project_id is null
)
select distinct on (nameless.project_id, nameless.name)
    nameless.project_id as project_id,
    nameless.name as name,
    candidates.status_id as status_id
from nameless
inner join candidates on nameless.project_id = candidates.project_id and nameless.name = candidates.name
order by
    nameless.project_id asc,
    nameless.name asc,
    candidates.place asc,
    candidates.is_listed desc nulls last,
    id_number(candidates.status_id) asc nulls last,
    candidates.status_id asc;

-- A status by its id, or by its name where nothing knows the id; no id begins like that.
create macro status_key(id, name) as coalesce(id, '=' || folded(name));

create macro id_of(key) as case when not starts_with(key, '=') then key end;

create {materialized} status_changes as
select
    changes.jira_id as jira_id,
    changes.project_id as project_id,
    changes.change_id as change_id,
    changes.changed_at as changed_at,
    status_key(coalesce(changes.from_id, old.status_id), changes.from_name) as from_key,
    changes.from_name as from_name,
    status_key(coalesce(changes.to_id, new.status_id), changes.to_name) as to_key,
    changes.to_name as to_name
from status_values as changes
left join status_ids as old
    on
        changes.project_id = old.project_id
        and case when changes.from_id is null then folded(changes.from_name) end = old.name
left join status_ids as new
    on
        changes.project_id = new.project_id
        and case when changes.to_id is null then folded(changes.to_name) end = new.name;

-- What can be said of each status of each project without looking at resolutions. Settings mean a listed status by the
-- name it has today or by its id, any other by whatever name a history gives it as well.
create table known_statuses as
with named as (
    select
        names.project_id as project_id,
        status_key(coalesce(names.status_id, ids.status_id), names.status) as status_key,
        coalesce(names.status_id, ids.status_id) as status_id,
        names.status as status,
        names.times as times
    from status_names as names
    left join status_ids as ids
        on
            names.project_id = ids.project_id
            and case when names.status_id is null then folded(names.status) end = ids.name
),
used as (
    select
        project_id as project_id,
        status_key as status_key,
        any_value(status_id) as status_id,
        arg_max(status, row(times, status)) as status,
        list_distinct(list(folded(status))) as names
    from named
    where status_key is not null
    group by project_id, status_key
),
described as (
    select distinct on (used.project_id, used.status_key)
        used.project_id as project_id,
        used.status_key as status_key,
        used.status_id as status_id,
        used.status as past_status,
        used.names as past_names,
        statuses.status as status,
        statuses.status_category as status_category,
        coalesce(statuses.is_listed, false) as is_listed
    from used
    left join warehouse.jira_statuses as statuses on used.status_id = statuses.status_id
    order by
        used.project_id asc,
        used.status_key asc,
        coalesce(statuses.project_id = used.project_id, false) desc,
        statuses.project_id asc nulls first
),
called as (
    select
        described.* exclude (past_names, past_status),
        coalesce(described.status, described.past_status) as name,
        case when described.is_listed then [] else list_sort(described.past_names) end as past_names,
        [folded(described.status), described.status_id] as present_names,
        settings.status_categories as categories,
        settings.active_statuses as active,
        settings.blocked_statuses as blocked
    from described
    left join warehouse.metric_settings as settings on described.project_id = settings.project_id
),
matched as (
    select
        called.*,
        list_filter(
            list_concat(present_names, past_names),
            lambda entry: entry is not null and coalesce(map_contains(categories, entry), false)
        )[1] as setting
    from called
)
select
    project_id as project_id,
    status_key as status_key,
    status_id as status_id,
    status as status,
    name as name,
    setting as setting,
    coalesce(element_at(categories, setting)[1], status_category) as status_category,
    case
        when setting is not null then 'setting'
        when status_category is not null and is_listed then 'site'
        when status_category is not null then 'lake'
    end as known_from,
    case when len(active) > 0 then list_has_any(list_concat(present_names, past_names), active) end as is_active,
    coalesce(list_has_any(list_concat(present_names, past_names), blocked), false) as is_blocked
from matched;

-- Every stay of an issue in a status: from one change to the next; before the first change the issue had what that one
-- names as its value before, from creation on. Changes that imports brought along from before the creation count from
-- it. `in_doubt`: only of issues that were in a status of which the category is not known.
create macro status_stays(in_doubt) as table (
    with doubted as (
        select
            project_id as project_id,
            status_key as status_key
        from known_statuses
        where status_category is null
    ),
    looked_at as (
        select changes.jira_id as jira_id
        from status_changes as changes
        inner join doubted
            on
                changes.project_id = doubted.project_id
                and doubted.status_key in (changes.from_key, changes.to_key)
        where in_doubt
        union
        select issues.jira_id as jira_id
        from warehouse.jira_issues as issues
        inner join doubted
            on
                issues.project_id = doubted.project_id
                and status_key(issues.status_id, issues.status) = doubted.status_key
        where in_doubt
    ),
    changes as (
        select
            jira_id as jira_id,
            change_id as change_id,
            changed_at as changed_at,
            from_key as from_key,
            from_name as from_name,
            to_key as to_key,
            to_name as to_name,
            row_number() over history as visit,
            lead(changed_at) over history as left_at,
            lag(to_key) over history as previous_key
        from status_changes
        where changed_at is not null and (not in_doubt or jira_id in (select jira_id from looked_at))
        window history as (
            partition by jira_id
            order by changed_at asc, id_number(change_id) asc nulls last, change_id asc
        )
    ),
    visits as (
        select
            jira_id as jira_id,
            visit + 1 as visit,
            to_key as status_key,
            to_name as status,
            case when visit = 1 then from_key else previous_key end as previous_key,
            change_id as change_id,
            changed_at as entered_at,
            left_at as left_at
        from changes
        union all
        select
            jira_id as jira_id,
            1 as visit,
            from_key as status_key,
            from_name as status,
            null as previous_key,
            null as change_id,
            null as entered_at,
            changed_at as left_at
        from changes
        where visit = 1
        union all
        select
            issues.jira_id as jira_id,
            1 as visit,
            status_key(issues.status_id, issues.status) as status_key,
            issues.status as status,
            null as previous_key,
            null as change_id,
            null as entered_at,
            null as left_at
        from warehouse.jira_issues as issues
        anti join changes on issues.jira_id = changes.jira_id
        where not in_doubt or issues.jira_id in (select jira_id from looked_at)
    )
    select
        visits.jira_id as jira_id,
        issues.project_id as project_id,
        visits.visit as visit,
        visits.status_key as status_key,
        visits.status as status,
        visits.previous_key as previous_key,
        visits.change_id as change_id,
        -- greatest and least leave nulls out.
        greatest(visits.entered_at, issues.issue_created_at) as entered_at,
        case when visits.left_at is not null then greatest(visits.left_at, issues.issue_created_at) end as left_at
    from visits
    inner join warehouse.jira_issues as issues on visits.jira_id = issues.jira_id
)
