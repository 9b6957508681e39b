-- The touched issues, and those that are or were linked to one of them: by its id, or by a key that was not known or is
-- that of another issue now. Issues that are not here are known by the keys that links show: those that a touched link
-- shows or showed, and those that share a key with one of them. All, if links have other names: changes are read by these.
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
link_ends as (
    select distinct
        unnest([links.source_jira_id, links.target_jira_id]) as jira_id,
        unnest([links.source_key, links.target_key]) as jira_key
    from (
        from base.jira_issue_links
        union all by name
        from warehouse.jira_issue_links
    ) as links
    semi join touched_jira_issue_links as touched on links.link_id = touched.link_id
),
shown as (
    select jira_id as jira_id
    from link_ends
    union
    select links.source_jira_id as jira_id
    from base.jira_issue_links as links
    semi join link_ends on links.source_key = link_ends.jira_key
    union
    select links.target_jira_id as jira_id
    from base.jira_issue_links as links
    semi join link_ends on links.target_key = link_ends.jira_key
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
from touched_issues
union
select links.other_id as jira_id
from lake.jira_issue_links as links
semi join touched_issues as touched on links.jira_id = touched.jira_id
union
select links.jira_id as jira_id
from whole.jira_issue_links as links
semi join touched_issues as touched on links.other_id = touched.jira_id
union
select spans.jira_id as jira_id
from base.issue_link_spans as spans
semi join touched_issues as touched on spans.other_jira_id = touched.jira_id
union
select spans.jira_id as jira_id
from base.issue_link_spans as spans
semi join shown on spans.other_jira_id = shown.jira_id
union
select spans.jira_id as jira_id
from base.issue_link_spans as spans
semi join new_keys on spans.other_key = new_keys.jira_key
union
select jira_id
from base.issue_link_spans
where other_jira_id is null or exists (from other_names)
