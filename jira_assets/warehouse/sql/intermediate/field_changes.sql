-- The fields that changes name, by their id, or by their name where a change has no id: then it is the field of Jira's
-- own that changelogs call so, the one that was chosen for the project, or the only one of that name, on the site or in
-- the changes of the project.
create table heard_fields as
with heard as (
    select
        project as project_id,
        coalesce(field_id, '') as field_id,
        coalesce(field, '') as field,
        bool_or(starts_with(from_value, '[') or starts_with(to_value, '[')) as has_lists,
        max(changed_at) as last_at
    from lake.jira_issue_changes
    group by all
),
own_names as (
    select
        prefix_of(field_id) as prefix,
        project_id as project_id,
        lower(field_name) as name,
        field_id as field_id
    from site.fields
    where starts_with(own_id(field_id), 'customfield_')
),
only_ones as (
    select
        heard.project_id as project_id,
        heard.field as field,
        min(own_names.field_id) as field_id
    from heard
    inner join own_names on lower(heard.field) = own_names.name and prefix_of(heard.project_id) = own_names.prefix
    where heard.field_id = '' and (own_names.project_id is null or own_names.project_id = heard.project_id)
    group by heard.project_id, heard.field
    having count(distinct own_names.field_id) = 1
),
only_heard as (
    select
        project_id as project_id,
        lower(field) as name,
        min(field_id) as field_id
    from heard
    where field_id <> ''
    group by project_id, lower(field)
    having count(distinct field_id) = 1
),
chosen as (
    select
        projects.project_id as project_id,
        unnest([
            {{'field_id': projects.sprint_field, 'usual': 'sprint'}},
            {{'field_id': projects.story_points_field, 'usual': 'story points'}}
        ], recursive := true)
    from warehouse.jira_projects as projects
    where projects.is_tracked
),
chosen_names as (
    select distinct
        chosen.project_id as project_id,
        chosen.field_id as field_id,
        coalesce(own_names.name, chosen.usual) as name
    from chosen
    left join own_names on chosen.field_id = own_names.field_id
    where chosen.field_id is not null
),
identified as (
    select
        heard.*,
        coalesce(
            nullif(heard.field_id, ''),
            case lower(heard.field)
                when 'component' then 'components'
                when 'fix version' then 'fixVersions'
                when 'version' then 'versions'
                when 'issueparentassociation' then 'parent'
                when 'link' then 'issuelinks'
                when 'key' then 'issuekey'
            end,
            case
                when
                    lower(heard.field) in (
                        'assignee', 'attachment', 'duedate', 'issuetype', 'labels', 'parent', 'priority', 'project', 'reporter',
                        'resolution', 'security', 'status', 'summary', 'timeestimate', 'timeoriginalestimate', 'timespent'
                    )
                    then lower(heard.field)
            end,
            chosen_names.field_id,
            only_ones.field_id,
            only_heard.field_id
        ) as known_id
    from heard
    left join chosen_names
        on heard.project_id = chosen_names.project_id and heard.field_id = '' and lower(heard.field) = chosen_names.name
    left join only_ones
        on heard.project_id = only_ones.project_id and heard.field_id = '' and heard.field = only_ones.field
    left join only_heard
        on heard.project_id = only_heard.project_id and heard.field_id = '' and lower(heard.field) = only_heard.name
)
select
    identified.* exclude (known_id),
    identified.known_id as known_id,
    dense_rank() over (order by coalesce(identified.known_id, '=' || lower(identified.field)))::integer as field_no
from identified;

-- What each of these fields is in each project, and how its values are read and compared with those of today.
create table replayed_fields_of_projects as
with described as (
    select
        field_id as field_id,
        min(field_name) as field_name,
        min(schema_type) as schema_type,
        min(schema_custom) as schema_custom
    from site.fields
    group by field_id
),
-- A field that no issue of a project has may be hidden there, or not be read.
shown as (
    select
        project as project_id,
        field_id as field_id
    from lake.jira_issue_fields
    union
    select
        project_id as project_id,
        unnest([
            case when bool_or(len(components) > 0) then 'components' end,
            case when count(due_date) > 0 then 'duedate' end,
            case when bool_or(len(fix_versions) > 0) then 'fixVersions' end,
            case when bool_or(len(labels) > 0) then 'labels' end,
            case when count(parent_key) + count(former_parent_key) > 0 then 'parent' end,
            case when count(priority) > 0 then 'priority' end,
            case when count(reporter_account_id) > 0 then 'reporter' end,
            case when count(security_level_id) > 0 then 'security' end,
            case when count(remaining_estimate_seconds) > 0 then 'timeestimate' end,
            case when count(original_estimate_seconds) > 0 then 'timeoriginalestimate' end,
            case when count(time_spent_seconds) > 0 then 'timespent' end,
            case when count(affects_versions) > 0 then 'versions' end
        ]) as field_id
    from warehouse.jira_issues
    group by project_id
    union
    select
        project_id as project_id,
        unnest(['assignee', 'issuetype', 'project', 'resolution', 'status', 'summary', sprint_field]) as field_id
    from warehouse.jira_projects
),
fields as (
    select
        heard.project_id as project_id,
        heard.field_no as field_no,
        any_value(heard.known_id) as field_id,
        arg_max(heard.field, row(heard.last_at is not null, heard.last_at, heard.field)) as last_name,
        bool_or(heard.has_lists) as has_lists
    from heard_fields as heard
    group by heard.project_id, heard.field_no
)
select
    fields.project_id as project_id,
    fields.field_no as field_no,
    fields.field_id as field_id,
    coalesce(described.field_name, fields.last_name) as field,
    case
        when
            fields.field_id in ('issuelinks', 'comment', 'worklog', 'description', 'environment')
            or described.schema_custom like '%:gh-lexo-rank'
            or lower(fields.last_name) in (
                'comment', 'epic child', 'rank', 'remoteissuelink', 'remoteworkitemlink', 'worklogid', 'worklogtimespent'
            )
            then 'none'
        when
            fields.field_id in ('attachment', 'components', 'fixVersions', 'labels', 'versions')
            or described.schema_type = 'array'
            or is_sprint_field(fields.field_id)
            or (
                fields.has_lists
                and fields.field_id is distinct from 'summary'
                and coalesce(described.schema_type not in ('date', 'datetime', 'number', 'option', 'string', 'user'), true)
            )
            then 'set'
        else 'single'
    end as kind,
    case
        when fields.field_id = 'labels' or described.schema_custom like '%:labels' then 'words'
        when fields.field_id = 'duedate' or described.schema_type = 'date' then 'day'
        when
            fields.field_id in ('timeestimate', 'timeoriginalestimate', 'timespent') or described.schema_type = 'number'
            then 'number'
        when fields.field_id = 'summary' or described.schema_type in ('string', 'datetime') then 'text'
        else 'id'
    end as form,
    -- Of another field of sprints than the one of the project, it is not known what issues show.
    shown.field_id is not null
    and case
        when is_sprint_field(fields.field_id) then fields.field_id = projects.sprint_field
        when starts_with(own_id(fields.field_id), 'customfield_')
            then
                described.schema_type in ('array', 'date', 'number', 'option', 'team', 'user', 'version')
                or described.schema_custom like '%:textfield'
                or described.schema_custom like '%:url'
        else true
    end as is_compared,
    coalesce(starts_with(own_id(fields.field_id), 'customfield_'), true) as is_custom,
    fields.field_id is not null and shown.field_id is null and fields.field_id in (
        'components', 'duedate', 'fixVersions', 'labels', 'parent', 'priority', 'reporter', 'security', 'timeestimate',
        'timeoriginalestimate', 'timespent', 'versions'
    ) as is_hidden
from fields
left join described on fields.field_id = described.field_id
left join shown on fields.project_id = shown.project_id and fields.field_id = shown.field_id
left join warehouse.jira_projects as projects on fields.project_id = projects.project_id;

-- A day, a number and a text are their own name; all other values have an id and a name, or only one of both.
create macro value_id(form, id) as case when form = 'id' then nullif(id, '') end;

create macro value_name(form, id, name) as nullif(
    case form when 'id' then name when 'day' then left(coalesce(nullif(id, ''), name), 10) else coalesce(name, id) end, ''
);

create {materialized} field_changes as
select
    change.jira_id as jira_id,
    change.project as project_id,
    heard.field_no as field_no,
    fields.kind as kind,
    fields.form as form,
    -- A parent is called by its key: these are as many as there are parents, and a new one is no new name.
    coalesce(fields.field_id = 'parent', false) as is_parent,
    change.changed_at as changed_at,
    id_number(change.change_id) as change_number,
    change.change_id as change_id,
    change.author_account_id as author_account_id,
    change.from_value as from_value,
    change.from_string as from_string,
    change.to_value as to_value,
    change.to_string as to_string
from lake.jira_issue_changes as change
inner join heard_fields as heard
    on
        change.project = heard.project_id
        and coalesce(change.field_id, '') = heard.field_id
        and coalesce(change.field, '') = heard.field
inner join replayed_fields_of_projects as fields
    on heard.project_id = fields.project_id and heard.field_no = fields.field_no
left join lake.moved as moved on change.jira_id = moved.jira_id
where fields.kind <> 'none' and (moved.jira_id is null or moved.home = change.project);

-- The elements of a list: "10019, 10020" or "[10019, 10020]" with "First, Second"; words are separated by blanks. The
-- names are of no use if their number is another: they may contain commas.
create macro ids_in(form, ids) as case
    when form = 'words' or ids is null then []
    else list_filter(string_split(replace(trim(ids, '[]'), ' ', ''), ','), lambda id: id <> '')
end;

create macro names_in(form, id_count, names) as list_filter(
    case
        when names is null then []
        when form = 'words' then string_split(names, ' ')
        when id_count = 1 then [names]
        else regexp_split_to_array(names, ', ?')
    end,
    lambda name: name <> ''
);

create macro elements_of(ids, names) as case
    when len(ids) > 0
        then list_transform(
            ids, lambda id, place: {{'id': id, 'name': case when len(names) = len(ids) then names[place] end}}
        )
    else list_transform(names, lambda name: {{'id': null::varchar, 'name': name}})
end;

create macro elements_in(kind, value) as case
    when kind = 'set' and json_type(value::json) = 'ARRAY' then from_json(value::json, '["JSON"]') else [value::json]
end;

create macro element_key(id, name) as coalesce(id, '=' || name);

-- What each change added to a list or took from it. Some changes name the whole list, and so what was kept in it; others
-- only what came or went.
create {materialized} field_moves as
with lists as (
    select
        * exclude (from_value, from_string, to_value, to_string),
        ids_in(form, from_value) as from_ids,
        ids_in(form, to_value) as to_ids,
        from_string as from_string,
        to_string as to_string
    from field_changes
    where kind = 'set'
),
elements as (
    select
        * exclude (from_ids, to_ids, from_string, to_string),
        elements_of(from_ids, names_in(form, len(from_ids), from_string)) as elements_before,
        elements_of(to_ids, names_in(form, len(to_ids), to_string)) as elements_after
    from lists
),
keys as (
    select
        *,
        list_transform(elements_before, lambda element: element_key(element.id, element.name)) as keys_before,
        list_transform(elements_after, lambda element: element_key(element.id, element.name)) as keys_after
    from elements
)
select
    jira_id as jira_id,
    project_id as project_id,
    field_no as field_no,
    changed_at as changed_at,
    change_number as change_number,
    change_id as change_id,
    author_account_id as author_account_id,
    unnest(
        list_concat(
            list_transform(
                list_filter(
                    elements_before,
                    lambda element: not list_contains(keys_after, element_key(element.id, element.name))
                ),
                lambda element: {{'id': element.id, 'name': element.name, 'is_added': false, 'is_kept': false}}
            ),
            list_transform(
                elements_after,
                lambda element: {{
                    'id': element.id,
                    'name': element.name,
                    'is_added': true,
                    'is_kept': list_contains(keys_before, element_key(element.id, element.name))
                }}
            )
        ),
        recursive := true
    )
from keys;

-- What Jira shows today in the fields that can be read from the payload: one row for each value, or for each element.
create {materialized} present_values as
with numbers as (
    select distinct
        field_id as field_id,
        field_no as field_no
    from replayed_fields_of_projects
),
held as (
    select
        held.jira_id as jira_id,
        fields.project_id as project_id,
        fields.field_no as field_no,
        fields.kind as kind,
        fields.form as form,
        held.value as value
    from lake.jira_issue_fields as held
    inner join replayed_fields_of_projects as fields
        on held.project = fields.project_id and held.field_id = fields.field_id
    left join lake.moved as moved on held.jira_id = moved.jira_id
    where not is_sprint_field(held.field_id) and (moved.jira_id is null or moved.home = held.project)
),
parsed as (
    select
        jira_id as jira_id,
        project_id as project_id,
        field_no as field_no,
        form as form,
        unnest(elements_in(kind, value)) as value
    from held
    where kind <> 'none'
)
select
    labels.jira_id as jira_id,
    issues.project_id as project_id,
    numbers.field_no as field_no,
    null::varchar as id,
    labels.label as name
from warehouse.jira_issue_labels as labels
inner join warehouse.jira_issues as issues on labels.jira_id = issues.jira_id
inner join numbers on numbers.field_id = 'labels'
union all
select
    components.jira_id as jira_id,
    issues.project_id as project_id,
    numbers.field_no as field_no,
    components.component_id as id,
    components.component as name
from warehouse.jira_issue_components as components
inner join warehouse.jira_issues as issues on components.jira_id = issues.jira_id
inner join numbers on numbers.field_id = 'components'
union all
select
    versions.jira_id as jira_id,
    issues.project_id as project_id,
    numbers.field_no as field_no,
    versions.version_id as id,
    versions.version as name
from warehouse.jira_issue_versions as versions
inner join warehouse.jira_issues as issues on versions.jira_id = issues.jira_id
inner join numbers on case versions.kind when 'fix' then 'fixVersions' else 'versions' end = numbers.field_id
union all
select
    memberships.jira_id as jira_id,
    issues.project_id as project_id,
    numbers.field_no as field_no,
    memberships.sprint_id as id,
    memberships.sprint_name as name
from warehouse.jira_issue_sprints as memberships
inner join warehouse.jira_issues as issues on memberships.jira_id = issues.jira_id
inner join warehouse.jira_projects as projects on issues.project_id = projects.project_id
inner join numbers on projects.sprint_field = numbers.field_id
union all
select
    jira_id as jira_id,
    project_id as project_id,
    field_no as field_no,
    case when form = 'id' then coalesce(value ->> '$.accountId', value ->> '$.id') end as id,
    case
        when json_type(value) = 'OBJECT'
            then coalesce(value ->> '$.displayName', value ->> '$.value', value ->> '$.name', value ->> '$.title')
        else value ->> '$'
    end as name
from parsed;

-- The newest name of each value that has had several in a project, or has none in some change. Options are renamed
-- without any change of an issue: then the issue that was read last has the name of today.
create table value_names as
with ends as (
    select
        project_id as project_id,
        field_no as field_no,
        changed_at as changed_at,
        unnest([
            {{'id': nullif(from_value, ''), 'name': nullif(from_string, ''), 'is_new': false}},
            {{'id': nullif(to_value, ''), 'name': nullif(to_string, ''), 'is_new': true}}
        ], recursive := true)
    from (
        -- Most changes are from one of few values to another.
        select
            project_id as project_id,
            field_no as field_no,
            from_value as from_value,
            from_string as from_string,
            to_value as to_value,
            to_string as to_string,
            max(changed_at) as changed_at
        from field_changes
        where kind = 'single' and form = 'id' and not is_parent
        group by all
    )
    union all
    select
        project_id as project_id,
        field_no as field_no,
        changed_at as changed_at,
        id as id,
        name as name,
        is_added as is_new
    from field_moves
    where id is not null
),
heard as (
    select
        ends.project_id as project_id,
        ends.field_no as field_no,
        ends.id as id,
        any_value(fields.field_id) as field_id,
        arg_max(ends.name, row(ends.changed_at, ends.is_new, ends.name)) as last_name,
        max(ends.changed_at) as last_at,
        bool_or(ends.name is null) as is_nameless,
        min(ends.name) as lowest,
        max(ends.name) as highest
    from ends
    inner join replayed_fields_of_projects as fields
        on ends.project_id = fields.project_id and ends.field_no = fields.field_no
    where ends.id is not null
    group by ends.project_id, ends.field_no, ends.id
),
held as (
    select
        held.project as project_id,
        fields.field_no as field_no,
        fields.kind as kind,
        held.value as value,
        max(issues.synced_at) as seen_at
    from lake.jira_issue_fields as held
    inner join replayed_fields_of_projects as fields
        on held.project = fields.project_id and held.field_id = fields.field_id
    inner join lake.jira_issues as issues on held.jira_id = issues.jira_id and held.project = issues.project
    where fields.form = 'id' and not is_sprint_field(held.field_id)
    group by all
),
seen as (
    select
        project_id as project_id,
        field_no as field_no,
        coalesce(value ->> '$.accountId', value ->> '$.id') as id,
        max(seen_at) as seen_at,
        arg_max(
            coalesce(value ->> '$.displayName', value ->> '$.value', value ->> '$.name', value ->> '$.title'),
            row(seen_at, value::varchar)
        ) as name
    from (
        select
            project_id as project_id,
            field_no as field_no,
            seen_at as seen_at,
            unnest(elements_in(kind, value)) as value
        from held
    ) as options
    where json_type(value) = 'OBJECT'
    group by all
),
-- These change their names without any change of an issue, too, and the site lists them.
listed as (
    select
        null as project_id,
        unnest(['fixVersions', 'versions']) as field_id,
        version_id as id,
        name as name
    from site.versions
    union all
    select
        null as project_id,
        'components' as field_id,
        component_id as id,
        name as name
    from site.components
    union all
    select
        null as project_id,
        fields.sprint_field as field_id,
        sprints.sprint_id as id,
        sprints.sprint_name as name
    from warehouse.jira_sprints as sprints
    inner join (select distinct sprint_field from warehouse.jira_projects) as fields
        on prefix_of(sprints.sprint_id) = prefix_of(fields.sprint_field)
    union all
    select
        project_id as project_id,
        'status' as field_id,
        status_id as id,
        status as name
    from warehouse.jira_statuses
    union all
    select
        project_id as project_id,
        'issuetype' as field_id,
        issue_type_id as id,
        arg_max(issue_type, row(synced_at, issue_type)) as name
    from warehouse.jira_issues
    group by project_id, issue_type_id
    union all
    select
        project_id as project_id,
        'priority' as field_id,
        priority_id as id,
        arg_max(priority, row(synced_at, priority)) as name
    from warehouse.jira_issues
    group by project_id, priority_id
    union all
    select
        project_id as project_id,
        'resolution' as field_id,
        resolution_id as id,
        arg_max(resolution, row(synced_at, resolution)) as name
    from warehouse.jira_issues
    group by project_id, resolution_id
),
named as (
    select
        heard.project_id as project_id,
        heard.field_no as field_no,
        heard.id as id,
        bool_or(heard.is_nameless) as is_nameless,
        min(heard.lowest) as lowest,
        max(heard.highest) as highest,
        coalesce(
            min(listed.name) filter (where listed.project_id is not null),
            min(listed.name),
            min(seen.name) filter (where heard.last_at is null or seen.seen_at >= heard.last_at),
            min(heard.last_name),
            min(seen.name)
        ) as name
    from heard
    left join seen on heard.project_id = seen.project_id and heard.field_no = seen.field_no and heard.id = seen.id
    left join listed
        on
            heard.field_id = listed.field_id
            and heard.id = listed.id
            and (listed.project_id is null or heard.project_id = listed.project_id)
    group by heard.project_id, heard.field_no, heard.id
)
select
    project_id as project_id,
    field_no as field_no,
    id as id,
    name as name
from named
where is_nameless or name is distinct from lowest or name is distinct from highest
