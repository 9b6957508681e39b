-- A renamed component or version changes no issue: these are the names that any copy in an issue has wrong.
create table lake.renamed as
select
    (
        select coalesce(map_from_entries(list(row(component_id, name))), map([]::varchar[], []::varchar[]))
        from (
            select
                site.component_id,
                any_value(site.name) as name
            from (
                select distinct
                    unnest(component_ids) as component_id,
                    unnest(components) as name
                from lake.jira_issues
            ) as copy
            inner join site.components as site on copy.component_id = site.component_id
            where copy.name is distinct from site.name
            group by site.component_id
        )
    ) as components,
    (
        select coalesce(map_from_entries(list(row(version_id, name))), map([]::varchar[], []::varchar[]))
        from (
            select
                site.version_id,
                any_value(site.name) as name
            from (
                select distinct
                    unnest(fix_version_ids) as version_id,
                    unnest(fix_versions) as name
                from lake.jira_issues
                union
                select
                    unnest(affects_version_ids) as version_id,
                    unnest(affects_versions) as name
                from lake.jira_issues
            ) as copy
            inner join site.versions as site on copy.version_id = site.version_id
            where copy.name is distinct from site.name
            group by site.version_id
        )
    ) as versions
