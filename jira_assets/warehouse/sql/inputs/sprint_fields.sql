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
)
