-- What rows of single issues are made from besides that issue, as a digest for each project: how its fields are called
-- and read, what its statuses mean, who its people are. Numbers of fields depend on the projects that are made together.
with fields as (
    select distinct
        project_id as project_id,
        field_no as field_no,
        coalesce(known_id, '=' || lower(field)) as field_key
    from {heard} as heard
),
digests as (
    select
        project_id as project_id,
        hash('project', project_key, story_points_field, sprint_field, to_json(team_fields)) as digest
    from given.tracked
    union all
    select
        project as project_id,
        hash('match', account_id, member_id) as digest
    from lake.jira_user_matches
    union all
    select
        project_id as project_id,
        hash('heard', field_id, field, known_id) as digest
    from {heard} as heard
    union all
    select
        replayed.project_id as project_id,
        hash(
            'field',
            fields.field_key,
            replayed.field_id,
            replayed.field,
            replayed.kind,
            replayed.form,
            replayed.is_compared,
            replayed.is_custom,
            replayed.is_hidden
        ) as digest
    from replayed_fields_of_projects as replayed
    inner join fields on replayed.project_id = fields.project_id and replayed.field_no = fields.field_no
    union all
    select
        names.project_id as project_id,
        hash('value', fields.field_key, names.id, names.name) as digest
    from value_names as names
    inner join fields on names.project_id = fields.project_id and names.field_no = fields.field_no
    union all
    select
        project_id as project_id,
        hash('status of a name', name, status_id) as digest
    from status_ids
    union all
    select
        project_id as project_id,
        hash('status', status_id, status, status_category, is_active, is_blocked) as digest
    from warehouse.project_statuses
)
select
    project_id as project_id,
    sum(digest)::varchar as digest
from digests
where project_id in ({projects})
group by project_id
