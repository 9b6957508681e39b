-- The newest copy of a person wins, attribute by attribute. What a copy lacks says nothing: some answers leave
-- attributes out. "Former user" does say something: Jira shows no name and no address of that person any more.
with shown as (
    select
        project,
        updated_at,
        synced_at as asked_at,
        unnest(people) as part
    from {issues}
),
seen as (
    select
        project as project,
        part.role as role,
        part.person as person,
        updated_at as seen_at,
        null::timestamp as changed_at,
        asked_at as asked_at
    from shown
    union all
    select
        project as project,
        'author' as role,
        author as person,
        null::timestamp as seen_at,
        changed_at as changed_at,
        asked_at as asked_at
    from {changes}
)
select
    project as project,
    person.accountid::varchar as account_id,
    arg_max(trim(person.displayname), asked_at) filter (where trim(person.displayname) <> '')::varchar
        as display_name,
    case
        when
            lower(
                arg_max(trim(person.displayname), asked_at) filter (where trim(person.displayname) <> '')
            ) is distinct from 'former user'
            then arg_max(trim(person.emailaddress), asked_at) filter (where person.emailaddress like '%@%')
    end::varchar as email,
    arg_max(person.accounttype, asked_at)::varchar as account_type,
    arg_max(person.active, asked_at)::boolean as is_active,
    arg_max(person.timezone, asked_at) filter (where person.timezone <> '')::varchar as time_zone,
    (count(*) filter (where role = 'assignee'))::bigint as issues_assigned,
    (count(*) filter (where role = 'reporter'))::bigint as issues_reported,
    coalesce(max(seen_at), max(changed_at))::timestamp as last_seen_at,
    max(asked_at)::timestamp as shown_at
from seen
where person.accountid is not null
group by project, person.accountid
