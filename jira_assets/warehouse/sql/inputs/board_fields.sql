-- Whether a field, by its qualified id, holds the sprints of issues.
create macro is_sprint_field(field) as coalesce(
    field in (
        select field_id
        from site.fields
        where schema_custom = 'com.pyxis.greenhopper.jira:gh-sprint'
        union all
        select sprint_field
        from given.tracked
        where sprint_field is not null
    ),
    false
);

-- Whether a field is the one by which boards flag an issue as impeded; it has another id on every site.
create macro is_flag_field(field) as coalesce(
    field in (
        select field_id
        from site.fields
        where schema_custom like '%:multicheckboxes' and lower(field_name) in ('flagged', 'impediment')
    ),
    false
)
