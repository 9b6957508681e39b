-- The fields that changes of untouched issues name: a field that only touched ones name concerns no other issue.
select heard.*
from heard_fields as heard
semi join (
    select
        project as project_id,
        coalesce(field_id, '') as field_id,
        coalesce(field, '') as field
    from lake.jira_issue_changes
    anti join touched_issues as touched on jira_issue_changes.jira_id = touched.jira_id
) as untouched
    on
        heard.project_id = untouched.project_id
        and heard.field_id = untouched.field_id
        and heard.field = untouched.field
