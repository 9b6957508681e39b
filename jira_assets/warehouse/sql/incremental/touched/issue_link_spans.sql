-- The issues of the changed projects, and those that are or were linked to one of them: by its id, or by a key that was
-- not known or is that of another issue now. All, if links have other names: changes are read by these.
with new_keys as (
    select jira_key from warehouse.jira_issues where project_id in ({replaced})
    except
    select jira_key from base.jira_issues where project_id in ({replaced})
),
names_before as (
    select distinct
        prefix_of(link_id) as site,
        unnest([outward, inward]) as phrase
    from base.jira_issue_links
),
names as (
    select distinct
        prefix_of(link_id) as site,
        unnest([outward, inward]) as phrase
    from warehouse.jira_issue_links
),
other_names as (
    (
        from names
        except
        from names_before
    )
    union all
    (
        from names_before
        except
        from names
    )
)
from near_issues
union
select other_id as jira_id
from lake.jira_issue_links
union
select links.jira_id as jira_id
from whole.jira_issue_links as links
semi join near_issues as near on links.other_id = near.jira_id
union
select spans.jira_id as jira_id
from base.issue_link_spans as spans
semi join near_issues as near on spans.other_jira_id = near.jira_id
union
select spans.jira_id as jira_id
from base.issue_link_spans as spans
semi join new_keys on spans.other_key = new_keys.jira_key
union
select jira_id
from base.issue_link_spans
where other_jira_id is null or exists (from other_names)
