-- group: metrics
-- scope: project
-- key: project_id
-- parts: jira_id of field_changes, field_moves, present_values, warehouse.jira_issues
-- at once: 300000 issues

-- A field that has one value goes from change to change; before the first one it had what that names as its value
-- before. The elements of a list come and go by themselves. Only times with a value are here.
create table warehouse.issue_field_spans as
with steps as (
    select
        jira_id as jira_id,
        project_id as project_id,
        field_no as field_no,
        value_id(form, from_value) as from_id,
        value_name(form, from_value, from_string) as from_name,
        value_id(form, to_value) as to_id,
        value_name(form, to_value, to_string) as to_name,
        changed_at as changed_at,
        author_account_id as author_account_id,
        row_number() over history as step,
        lead(changed_at) over history as left_at,
        last_value(value_id(form, to_value)) over whole as last_id,
        last_value(value_name(form, to_value, to_string)) over whole as last_name,
        bool_or(changed_at is null) over whole as is_undated
    from field_changes
    where kind = 'single'
    window
        history as (
            partition by jira_id, field_no
            order by changed_at asc nulls last, change_number asc nulls last, hash(change_id, to_value, to_string) asc
        ),
        whole as (
            partition by jira_id, field_no
            order by changed_at asc nulls last, change_number asc nulls last, hash(change_id, to_value, to_string) asc
            rows between unbounded preceding and unbounded following
        )
),
-- Beside each step, where the field ends in the changes and what Jira shows.
compared as (
    select
        steps.* exclude (project_id),
        fields.field_id as field_id,
        fields.field as field,
        fields.form as form,
        fields.is_compared and (fields.field_id <> 'parent' or issues.former_parent_key is null) as is_compared,
        case when fields.is_custom then held.jira_id is not null else not fields.is_hidden end as is_shown,
        issues.project_id as project_id,
        issues.issue_created_at as issue_created_at,
        case fields.field_id
            when 'assignee' then issues.assignee_account_id
            when 'issuetype' then issues.issue_type_id
            when 'parent' then issues.parent_id
            when 'priority' then issues.priority_id
            when 'project' then issues.project_id
            when 'reporter' then issues.reporter_account_id
            when 'resolution' then issues.resolution_id
            when 'security' then issues.security_level_id
            when 'status' then issues.status_id
            else held.id
        end as present_id,
        case fields.field_id
            when 'duedate' then issues.due_date::varchar
            when 'issuetype' then issues.issue_type
            when 'parent' then issues.parent_key
            when 'priority' then issues.priority
            when 'resolution' then issues.resolution
            when 'security' then issues.security_level
            when 'status' then issues.status
            when 'summary' then issues.summary
            when 'timeestimate' then issues.remaining_estimate_seconds::varchar
            when 'timeoriginalestimate' then issues.original_estimate_seconds::varchar
            when 'timespent' then issues.time_spent_seconds::varchar
            else held.name
        end as present_name
    from steps
    inner join warehouse.jira_issues as issues on steps.jira_id = issues.jira_id
    inner join replayed_fields_of_projects as fields
        on steps.project_id = fields.project_id and steps.field_no = fields.field_no
    left join present_values as held on steps.jira_id = held.jira_id and steps.field_no = held.field_no
    where steps.changed_at is not null
),
single_spans as (
    select
        jira_id as jira_id,
        project_id as project_id,
        issue_created_at as issue_created_at,
        field_no as field_no,
        field_id as field_id,
        field as field,
        is_shown as is_shown,
        case
            when is_undated then 'a change has no time'
            when
                is_compared
                and case
                    when form = 'number' then try_cast(last_name as double) is distinct from try_cast(present_name as double)
                    when form = 'day' then last_name is distinct from left(present_name, 10)
                    when form <> 'id' then trim(last_name) is distinct from trim(present_name)
                    when coalesce(last_id, last_name) is null then coalesce(present_id, present_name) is not null
                    when coalesce(present_id, present_name) is null then true
                    when last_id is not null and present_id is not null then last_id <> present_id
                    else coalesce(folded(last_name) <> folded(present_name), false)
                end
                then 'the changes lead to another value'
        end as contradiction,
        unnest(
            case
                when step = 1
                    then [
                        row(from_id, from_name, null, changed_at, null),
                        row(to_id, to_name, changed_at, left_at, author_account_id)
                    ]
                else [row(to_id, to_name, changed_at, left_at, author_account_id)]
            end::struct(
                id varchar, name varchar, entered_at timestamp, left_at timestamp, author_account_id varchar
            )[],
            recursive := true
        )
    from compared
),
moves as (
    select
        *,
        element_key(id, name) as element,
        lag(is_added) over (
            partition by jira_id, field_no, element_key(id, name)
            order by changed_at asc nulls last, change_number asc nulls last, change_id asc, is_added asc
        ) as was_added
    from field_moves
),
turns as (
    select
        jira_id as jira_id,
        field_no as field_no,
        element as element,
        id as id,
        name as name,
        is_added as is_added,
        was_added as was_added,
        is_kept and was_added is null as is_from_creation,
        changed_at as changed_at,
        changed_at is null as is_undated,
        author_account_id as author_account_id,
        lead(changed_at) over (
            partition by jira_id, field_no, element
            order by changed_at asc nulls last, change_number asc nulls last, change_id asc, is_added asc
        ) as next_at
    from moves
    where is_added is distinct from was_added or changed_at is null
),
-- What is kept in a list or taken from it without having been added was in it from the beginning.
stays as (
    select
        jira_id as jira_id,
        field_no as field_no,
        element as element,
        id as id,
        name as name,
        case when is_added and not is_from_creation then changed_at end as entered_at,
        case when is_added then next_at else changed_at end as left_at,
        case when is_added and not is_from_creation then author_account_id end as author_account_id
    from turns
    where changed_at is not null and (is_added or was_added is null)
),
lists as (
    select
        jira_id as jira_id,
        field_no as field_no,
        bool_or(is_undated) as is_undated,
        bool_or(id is not null) as has_ids
    from turns
    group by jira_id, field_no
),
held_elements as (
    select
        lists.jira_id as jira_id,
        lists.field_no as field_no,
        case when lists.has_ids then element_key(held.id, held.name) else '=' || held.name end as element,
        any_value(held.id) as id,
        any_value(held.name) as name
    from present_values as held
    inner join lists on held.jira_id = lists.jira_id and held.field_no = lists.field_no
    group by all
),
-- So was an element that Jira shows and no change names.
elements as (
    select
        coalesce(stays.jira_id, held.jira_id) as jira_id,
        coalesce(stays.field_no, held.field_no) as field_no,
        coalesce(stays.id, held.id) as id,
        coalesce(stays.name, held.name) as name,
        stays.entered_at as entered_at,
        stays.left_at as left_at,
        stays.author_account_id as author_account_id,
        held.jira_id is not null as is_held,
        case
            when stays.jira_id is null then known.jira_id is not null
            else stays.left_at is null and held.jira_id is null
        end as is_wrong
    from stays
    full join held_elements as held
        on
            stays.jira_id = held.jira_id
            and stays.field_no = held.field_no
            and stays.element = held.element
            and stays.left_at is null
    left join (select distinct jira_id, field_no, element from turns where changed_at is not null) as known
        on held.jira_id = known.jira_id and held.field_no = known.field_no and held.element = known.element
),
list_spans as (
    select
        elements.jira_id as jira_id,
        issues.project_id as project_id,
        issues.issue_created_at as issue_created_at,
        elements.field_no as field_no,
        fields.field_id as field_id,
        fields.field as field,
        elements.id as id,
        elements.name as name,
        elements.entered_at as entered_at,
        elements.left_at as left_at,
        elements.author_account_id as author_account_id,
        case when fields.is_custom then elements.is_held else not fields.is_hidden end as is_shown,
        case
            when lists.is_undated then 'a change has no time'
            when
                fields.is_compared
                and (fields.field_id <> 'versions' or issues.affects_versions is not null)
                and bool_or(elements.is_wrong) over (partition by elements.jira_id, elements.field_no)
                then 'the changes lead to another value'
        end as contradiction
    from elements
    inner join lists on elements.jira_id = lists.jira_id and elements.field_no = lists.field_no
    inner join warehouse.jira_issues as issues on elements.jira_id = issues.jira_id
    inner join replayed_fields_of_projects as fields
        on issues.project_id = fields.project_id and elements.field_no = fields.field_no
),
spans as (
    from single_spans
    union all by name
    from list_spans
)
select
    spans.jira_id::varchar as jira_id,
    spans.project_id::varchar as project_id,
    spans.field_id::varchar as field_id,
    spans.field::varchar as field,
    spans.id::varchar as value_id,
    coalesce(names.name, spans.name)::varchar as value,
    greatest(spans.entered_at, spans.issue_created_at)::timestamp as entered_at,
    case when spans.left_at is not null then greatest(spans.left_at, spans.issue_created_at) end::timestamp as left_at,
    (spans.left_at is null and spans.contradiction is null and spans.is_shown)::boolean as is_current,
    spans.author_account_id::varchar as author_account_id,
    spans.contradiction::varchar as contradiction
from spans
left join value_names as names
    on spans.project_id = names.project_id and spans.field_no = names.field_no and spans.id = names.id
where spans.id is not null or spans.name is not null;

comment on table warehouse.issue_field_spans is 'Values of each field of each issue over time, replayed from its changes: for each field that ever changed in the issue; lists have a row per element';
comment on column warehouse.issue_field_spans.jira_id is 'Id of the issue';
comment on column warehouse.issue_field_spans.project_id is 'Id of its project today';
comment on column warehouse.issue_field_spans.field_id is 'Id of the field; null if the changes have none and no field of the site has that name';
comment on column warehouse.issue_field_spans.field is 'Name of the field today; for a deleted field, the last one in changes';
comment on column warehouse.issue_field_spans.value_id is 'Id of the value, such as an option, a status, a version or an account; null for numbers, days, texts and labels';
comment on column warehouse.issue_field_spans.value is 'The value as text, under its newest name known in the project; days as 2026-03-01';
comment on column warehouse.issue_field_spans.entered_at is 'When it was set, UTC; the creation of the issue if it was set before the first change';
comment on column warehouse.issue_field_spans.left_at is 'When it was changed or removed, UTC; null if it was not';
comment on column warehouse.issue_field_spans.is_current is 'Whether Jira shows the value today: not if the field was deleted, is hidden in the project, or contradicts its changes';
comment on column warehouse.issue_field_spans.author_account_id is 'Jira account that set it; null if it was set before the first change';
comment on column warehouse.issue_field_spans.contradiction is 'How the changes of this field of this issue contradict its value today; such rows do not count in series';
