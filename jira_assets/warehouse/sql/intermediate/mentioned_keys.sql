-- What each mention of a key means on each site: of the keys it may be (FIX_ABC-12 is ABC-12 unless a project is called
-- FIX_ABC), first the issue of that key today, then one that had it before it moved or its project was renamed.
create table mentioned_keys as
with project_keys as (
    select distinct
        project_id,
        project_key
    from {observations}
    where kind = 'issue'
    union
    select
        project_id,
        unnest(former_keys) as project_key
    from warehouse.jira_projects
),
former as (
    select
        prefix_of(jira_id) as site,
        from_string as jira_key,
        jira_id
    from warehouse.jira_issue_changes
    where lower(field) = 'key' and from_string is not null
),
projects as (
    select
        prefix_of(project_id) as site,
        own_id(project_key) as own_key
    from warehouse.jira_projects
    union
    select
        prefix_of(project_id) as site,
        own_id(project_key) as own_key
    from project_keys
    union
    select
        site,
        regexp_extract(jira_key, '^(.*)-[0-9]+$', 1) as own_key
    from former
),
mentions as (
    select distinct unnest(title_keys || branch_keys || body_keys) as mention
    from site.pull_requests
),
readings as (
    select
        mention,
        number,
        start,
        array_to_string(parts[start:], '_') as own_key
    from (
        select
            mention,
            regexp_extract(mention, '[0-9]+$') as number,
            string_split(regexp_extract(mention, '^(.*)-[0-9]+$', 1), '_') as parts,
            unnest(range(1, len(parts) + 1)) as start
        from mentions
    )
),
chosen as (
    select distinct on (projects.site, readings.mention)
        projects.site,
        readings.mention,
        projects.site || readings.own_key as project_key,
        readings.number,
        readings.own_key || '-' || readings.number as jira_key
    from readings
    inner join projects on readings.own_key = projects.own_key
    order by projects.site, readings.mention, readings.start
),
seen as (
    select distinct
        prefix_of(jira_id) as site,
        jira_id,
        jira_key
    from {observations}
    where kind = 'issue' and jira_key in (select jira_key from chosen)
),
claims as (
    select chosen.site, chosen.mention, issues.jira_id, 1 as rank
    from chosen
    inner join warehouse.jira_issues as issues
        on chosen.jira_key = issues.jira_key and chosen.site = prefix_of(issues.jira_id)
    union all
    select chosen.site, chosen.mention, former.jira_id, 2 as rank
    from chosen
    inner join former on chosen.jira_key = former.jira_key and chosen.site = former.site
    union all
    select chosen.site, chosen.mention, seen.jira_id, 2 as rank
    from chosen
    inner join seen on chosen.jira_key = seen.jira_key and chosen.site = seen.site
    union all
    -- A renamed project renames all its keys, also those of issues that were never read under the old one.
    select chosen.site, chosen.mention, issues.jira_id, 3 as rank
    from chosen
    inner join project_keys as old on chosen.project_key = old.project_key
    inner join warehouse.jira_projects as today on old.project_id = today.project_id
    inner join warehouse.jira_issues as issues
        on
            own_id(today.project_key) || '-' || chosen.number = issues.jira_key
            and chosen.site = prefix_of(issues.jira_id)
),
found as (
    select distinct on (claims.site, claims.mention)
        claims.site,
        claims.mention,
        claims.jira_id,
        issues.jira_key
    from claims
    inner join warehouse.jira_issues as issues on claims.jira_id = issues.jira_id
    order by claims.site, claims.mention, claims.rank, claims.jira_id
)
select
    chosen.mention as mention,
    chosen.jira_key as read_as,
    chosen.project_key as project_key,
    found.jira_id as jira_id,
    found.jira_key as jira_key
from chosen
left join found on chosen.site = found.site and chosen.mention = found.mention;
