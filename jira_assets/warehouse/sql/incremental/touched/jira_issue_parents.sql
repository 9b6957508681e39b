-- The issues that show something else to those below them, are new or are gone; and all that are or were below them.
with before as (
    select
        jira_id as jira_id,
        parent_id as parent_id,
        parent_key as parent_key,
        hierarchy_level as hierarchy_level,
        issue_type as issue_type
    from base.jira_issues
    where project_id in ({replaced})
),
present as (
    select
        jira_id as jira_id,
        parent_id as parent_id,
        parent_key as parent_key,
        hierarchy_level as hierarchy_level,
        issue_type as issue_type
    from warehouse.jira_issues
    where project_id in ({replaced})
),
changed as (
    select jira_id
    from (
        from before
        except
        from present
    )
    union
    select jira_id
    from (
        from present
        except
        from before
    )
)
from changed
union
select parents.jira_id as jira_id
from base.jira_issue_parents as parents
semi join changed on parents.ancestor_id = changed.jira_id
