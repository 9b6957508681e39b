-- The rows of touched issues, and those of all others of these projects as they were.
create view warehouse.{table} as
select before.*
from base.{table} as before
anti join touched_issues as touched on before.jira_id = touched.jira_id
where before.project_id in ({replaced})
union all by name
from touched.{table}
