-- What is known of an issue that may be a parent: its key today; or that it is gone, and its last key.
-- Of those that left their project and are nowhere here, the newest tombstone counts: what is archived, trashed or out
-- of sight is not known to be gone, and has the key that its children show.
create view lake.parents as
with projects as (
    select
        project_id as project_id,
        any_value(own_id(project_key)) as own_key
    from site.projects
    group by project_id
),
present as (
    select
        jira_id as jira_id,
        jira_key as jira_key
    from lake.present
    union all
    select
        jira_id as jira_id,
        jira_key as jira_key
    from lake.other_keys
),
departed as (
    select
        jira_id as jira_id,
        jira_key as jira_key,
        reason as reason,
        moved_to_key as moved_to_key,
        moved_to_project_id as moved_to_project_id
    from {whole}.jira_deleted_issues
    anti join present on jira_deleted_issues.jira_id = present.jira_id
    qualify row_number() over (partition by jira_id order by noticed_at desc, project asc) = 1
)
select
    jira_id as jira_id,
    jira_key as jira_key,
    false as is_gone,
    null::varchar as last_key
from present
union all
select
    departed.jira_id as jira_id,
    coalesce(
        projects.own_key || '-' || nullif(regexp_extract(departed.moved_to_key, '[0-9]+$'), ''),
        departed.moved_to_key
    ) as jira_key,
    departed.reason = 'gone' as is_gone,
    departed.jira_key as last_key
from departed
left join projects on departed.moved_to_project_id = projects.project_id
