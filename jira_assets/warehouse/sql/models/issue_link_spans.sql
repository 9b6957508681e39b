-- group: metrics
-- scope: all projects
-- parts: jira_id of link_changes, present

-- A change of a link names the other issue by the key that it had then, and the type only by a sentence.
create table warehouse.issue_link_spans as
with link_changes as (
    select *
    from warehouse.jira_issue_changes
    where (lower(field) = 'link' or field_id = 'issuelinks') and changed_at is not null
),
said as (
    select
        jira_id as jira_id,
        changed_at as changed_at,
        change_id as change_id,
        unnest([
            {{'other_key': nullif(from_value, ''), 'words': regexp_replace(from_string, '\s+\S+\s*$', ''), 'is_added': false}},
            {{'other_key': nullif(to_value, ''), 'words': regexp_replace(to_string, '\s+\S+\s*$', ''), 'is_added': true}}
        ], recursive := true)
    from link_changes
),
project_keys as (
    select
        prefix_of(projects.project_id) as site,
        unnest(projects.former_keys) as former_key,
        projects.project_key as project_key
    from site.projects as projects
),
-- The keys in changes, also as they are if their project has another key today.
mentioned as (
    select distinct
        prefix_of(said.jira_id) as site,
        said.other_key as other_key,
        own_id(said.other_key) as jira_key,
        own_id(project_keys.project_key) || regexp_extract(own_id(said.other_key), '-[0-9]+$') as new_key
    from said
    left join project_keys
        on
            prefix_of(said.jira_id) = project_keys.site
            and regexp_extract(own_id(said.other_key), '^(.*)-[0-9]+$', 1) = own_id(project_keys.former_key)
    where said.other_key is not null
),
wanted as (
    select
        site as site,
        jira_key as jira_key
    from mentioned
    union
    select
        site as site,
        new_key as jira_key
    from mentioned
),
names as (
    select
        prefix_of(jira_id) as site,
        jira_key as jira_key,
        jira_id as jira_id,
        1 as place
    from warehouse.jira_issues
    union all
    select
        prefix_of(jira_id) as site,
        from_string as jira_key,
        jira_id as jira_id,
        2 as place
    from warehouse.jira_issue_changes
    where field = 'Key'
    union all
    select
        prefix_of(jira_id) as site,
        jira_key as jira_key,
        jira_id as jira_id,
        3 as place
    from warehouse.jira_deleted_issues
    union all
    select
        prefix_of(link_id) as site,
        unnest([source_key, target_key]) as jira_key,
        unnest([source_jira_id, target_jira_id]) as jira_id,
        4 as place
    from warehouse.jira_issue_links
),
-- Only the ids that are looked up: a site has many more issues than links.
issue_ids as (
    select
        names.site as site,
        names.jira_key as jira_key,
        arg_min(names.jira_id, row(names.place, names.jira_id)) as jira_id
    from names
    semi join wanted on names.site = wanted.site and names.jira_key = wanted.jira_key
    group by names.site, names.jira_key
),
others as (
    select
        mentioned.site as site,
        mentioned.other_key as other_key,
        coalesce(min(by_key.jira_id), min(by_new_key.jira_id), min(mentioned.jira_key)) as other
    from mentioned
    left join issue_ids as by_key on mentioned.site = by_key.site and mentioned.jira_key = by_key.jira_key
    left join issue_ids as by_new_key on mentioned.site = by_new_key.site and mentioned.new_key = by_new_key.jira_key
    group by mentioned.site, mentioned.other_key
),
-- What links are called on each site, the longest first: a sentence ends with one of them.
phrases as (
    select
        site as site,
        list(phrase order by length(phrase) desc, phrase asc) as phrases
    from (
        select distinct
            prefix_of(link_id) as site,
            unnest([outward, inward]) as phrase
        from warehouse.jira_issue_links
    )
    where phrase <> ''
    group by site
),
events as (
    select
        said.jira_id as jira_id,
        others.other as other,
        -- "This issue blocks PAY-7"; the first words are in the language of the person who made the change.
        coalesce(
            list_filter(phrases.phrases, lambda phrase: ends_with(said.words, ' ' || phrase))[1],
            regexp_replace(said.words, '^This issue ', '')
        ) as link,
        said.changed_at as changed_at,
        id_number(said.change_id) as change_number,
        said.change_id as change_id,
        said.is_added as is_added
    from said
    inner join others on said.other_key = others.other_key and prefix_of(said.jira_id) = others.site
    left join phrases on prefix_of(said.jira_id) = phrases.site
),
steps as (
    select
        *,
        lag(is_added) over (
            partition by jira_id, other, link
            order by changed_at asc, change_number asc nulls last, change_id asc, is_added asc
        ) as was_added
    from events
),
replayed as (
    select
        jira_id as jira_id,
        other as other,
        link as link,
        is_added as is_added,
        was_added as was_added,
        changed_at as changed_at,
        lead(changed_at) over (
            partition by jira_id, other, link
            order by changed_at asc, change_number asc nulls last, change_id asc, is_added asc
        ) as next_at
    from steps
    where is_added is distinct from was_added
),
-- A link that is removed without having been added was there from the beginning.
spans as (
    select
        jira_id as jira_id,
        other as other,
        link as link,
        case when is_added then changed_at end as linked_at,
        case when is_added then next_at else changed_at end as unlinked_at
    from replayed
    where is_added or was_added is null
),
present as (
    select
        jira_id as jira_id,
        other as other,
        link as link,
        min(link_id) as link_id,
        min(key_today) as key_today
    from (
        select
            source_jira_id as jira_id,
            target_jira_id as other,
            target_key as key_today,
            outward as link,
            link_id as link_id
        from warehouse.jira_issue_links
        where is_source_tracked
        union all
        select
            target_jira_id as jira_id,
            source_jira_id as other,
            source_key as key_today,
            inward as link,
            link_id as link_id
        from warehouse.jira_issue_links
        where is_target_tracked
    )
    group by jira_id, other, link
),
gone as (
    select
        deleted.jira_id as jira_id,
        max(deleted.noticed_at) as noticed_at
    from warehouse.jira_deleted_issues as deleted
    anti join warehouse.jira_issues as issues on deleted.jira_id = issues.jira_id
    where deleted.reason = 'gone'
    group by deleted.jira_id
),
compared as (
    select
        coalesce(spans.jira_id, today.jira_id) as jira_id,
        coalesce(spans.other, today.other) as other,
        coalesce(spans.link, today.link) as link,
        today.link_id as link_id,
        today.key_today as key_today,
        spans.linked_at as linked_at,
        coalesce(spans.unlinked_at, case when today.link_id is null then gone.noticed_at end) as unlinked_at,
        case
            when spans.jira_id is null and steps.jira_id is not null then 'Jira shows it, but its changes removed it'
            when spans.jira_id is not null and spans.unlinked_at is null and today.jira_id is null and gone.jira_id is null
                then 'its changes lead to it, but Jira does not show it'
        end as contradiction
    from spans
    full join present as today
        on
            spans.jira_id = today.jira_id
            and spans.other = today.other
            and spans.link = today.link
            and spans.unlinked_at is null
    left join gone on spans.other = gone.jira_id
    left join (select distinct jira_id, other, link from steps) as steps
        on today.jira_id = steps.jira_id and today.other = steps.other and today.link = steps.link
)
select
    compared.jira_id::varchar as jira_id,
    issues.project_id::varchar as project_id,
    compared.link::varchar as link,
    case when ids.jira_id is not null or compared.link_id is not null then compared.other end::varchar as other_jira_id,
    coalesce(compared.key_today, other.jira_key, own_id(ids.jira_key), compared.other)::varchar as other_key,
    compared.link_id::varchar as link_id,
    greatest(coalesce(compared.linked_at, issues.issue_created_at), issues.issue_created_at)::timestamp as linked_at,
    compared.unlinked_at::timestamp as unlinked_at,
    compared.contradiction::varchar as contradiction
from compared
inner join warehouse.jira_issues as issues on compared.jira_id = issues.jira_id
left join warehouse.jira_issues as other on compared.other = other.jira_id
-- The least of all keys that it had, whether histories name them or not.
left join (
    select
        names.jira_id,
        min(names.jira_key) as jira_key
    from names
    semi join issue_ids on names.jira_id = issue_ids.jira_id
    group by names.jira_id
) as ids on compared.other = ids.jira_id;

comment on table warehouse.issue_link_spans is 'Links of each issue over time, one row per end, replayed from its changes; compared with the links of today';
comment on column warehouse.issue_link_spans.jira_id is 'Id of the issue';
comment on column warehouse.issue_link_spans.project_id is 'Id of its project today';
comment on column warehouse.issue_link_spans.link is 'What the issue does to the other, such as blocks or is blocked by';
comment on column warehouse.issue_link_spans.other_jira_id is 'Id of the other issue; null if its key is not known here';
comment on column warehouse.issue_link_spans.other_key is 'Key of the other issue today; the one in the change if that is not known';
comment on column warehouse.issue_link_spans.link_id is 'Id of the link in jira_issue_links; null if it is not there today';
comment on column warehouse.issue_link_spans.linked_at is 'When the link was added, UTC; the creation of the issue if no change says so';
comment on column warehouse.issue_link_spans.unlinked_at is 'When it was removed, UTC, or when the deletion of the other issue was detected; null while it is there';
comment on column warehouse.issue_link_spans.contradiction is 'How the changes contradict the links of today; such a row does not count in series';
