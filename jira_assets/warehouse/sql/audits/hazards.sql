-- What may make rows of projects that did not change different: then everything is built afresh.
with differing as (
    (
        select
            jira_id as jira_id,
            jira_key as jira_key
        from lake.keys
        except
        select
            jira_id as jira_id,
            jira_key as jira_key
        from base.jira_issues
        where project_id in ({replaced})
    )
    union all
    (
        select
            jira_id as jira_id,
            jira_key as jira_key
        from base.jira_issues
        where project_id in ({replaced})
        except
        select
            jira_id as jira_id,
            jira_key as jira_key
        from lake.keys
    )
),
-- Issues of other projects whose parent is in the changed ones, or was: how their parent is to be shown.
children as (
    select
        issue.jira_id as jira_id,
        case when parents.is_gone is not true then issue.parent_id end as parent_id,
        case when parents.is_gone is not true then coalesce(parents.jira_key, issue.parent_key) end as parent_key,
        case when parents.is_gone then parents.last_key end as former_parent_key
    from whole.jira_issues as issue
    left join lake.parents as parents on issue.parent_id = parents.jira_id
    where
        issue.project not in ({replaced})
        and issue.parent_id in (
            select jira_id from differing
            union all
            select jira_id from lake.jira_deleted_issues
        )
),
new_sprints as (
    select sprint_id from warehouse.jira_sprints
    except
    select sprint_id from base.jira_sprints
)
select 'an issue lies in two projects' as hazard
from lake.keys
semi join lake.other_keys on keys.jira_id = other_keys.jira_id
union all
select 'an issue lies in two of the changed projects' as hazard
from lake.moved
union all
select 'a parent in a changed project has another key, is gone or is back' as hazard
from children
inner join base.jira_issues as before on children.jira_id = before.jira_id
where
    before.project_id not in ({replaced})
    and (
        children.parent_id is distinct from before.parent_id
        or children.parent_key is distinct from before.parent_key
        or children.former_parent_key is distinct from before.former_parent_key
    )
union all
select 'an issue that was gone from another project is here' as hazard
from whole.jira_deleted_issues as gone
semi join differing on gone.jira_id = differing.jira_id
where gone.project not in ({replaced})
union all
select 'a sprint changed' as hazard
from (
    select
        sprint_id as sprint_id,
        sprint_name as sprint_name,
        state as state,
        board_id as board_id,
        goal as goal,
        started_at as started_at,
        ended_at as ended_at,
        completed_at as completed_at
    from (
        select
            *,
            true as is_before
        from base.jira_sprints
        union all by name
        select
            *,
            false as is_before
        from warehouse.jira_sprints
    )
    group by all
    having bool_and(is_before)
)
union all
select 'the history of an untouched issue names a new sprint' as hazard
from base.issue_sprint_spans as spans
semi join new_sprints on spans.sprint_id = new_sprints.sprint_id
anti join touched_issues as touched on spans.jira_id = touched.jira_id
union all
select 'the history of an untouched issue names a new sprint' as hazard
from base.issue_field_spans as spans
semi join new_sprints on spans.value_id = new_sprints.sprint_id
anti join touched_issues as touched on spans.jira_id = touched.jira_id
where is_sprint_field(spans.field_id)
union all
select 'a team has another name' as hazard
from base.jira_teams as before
inner join warehouse.jira_teams as now on before.jira_team_id = now.jira_team_id
where before.jira_team <> now.jira_team
union all
select 'a status changed, or is new: histories elsewhere may name it' as hazard
from (
    (
        from base.jira_statuses
        except
        from warehouse.jira_statuses
    )
    union all
    (
        from warehouse.jira_statuses
        except
        from base.jira_statuses
    )
)
limit 1
