-- The issues of which new observations came, all that are or were in some projects, and those below them: they show the
-- key of their parent, and whether it is gone.
create table touched_issues as
with observed as (
    from ({observed})
    union
    select jira_id
    from base.jira_issues
    where project_id in ({whole})
    union
    select jira_id
    from lake.jira_issues
    where project in ({whole})
    union
    select jira_id
    from lake.jira_deleted_issues
    where project in ({whole})
    union
    select jira_id
    from base.jira_deleted_issues
    where project_key in (select project_key from base.jira_projects where project_id in ({whole}))
)
from observed
union
select issues.jira_id as jira_id
from lake.jira_issues as issues
semi join observed on issues.parent_id = observed.jira_id;

-- Those that the last warehouse has in these projects. A touched issue may be in one that did not change, to which it
-- moved: its rows stay.
create table touched_before as
select before.jira_id as jira_id
from base.jira_issues as before
semi join touched_issues as touched on before.jira_id = touched.jira_id
where before.project_id in ({replaced})
