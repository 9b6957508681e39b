-- The touched issues, those whose links may have come or gone, and those that a touched one blocks or blocked. All
-- issues with links, if another name of a link means that it blocks.
with phrases_before as (
    select distinct
        prefix_of(link_id) as site,
        inward as link
    from base.jira_issue_links
    where is_blocking(type, outward)
),
phrases as (
    select distinct
        prefix_of(link_id) as site,
        inward as link
    from warehouse.jira_issue_links
    where is_blocking(type, outward)
),
other_phrases as (
    (
        from phrases
        except
        from phrases_before
    )
    union all
    (
        from phrases_before
        except
        from phrases
    )
)
from touched_issues
union
from touched_issue_link_spans
union
select spans.jira_id as jira_id
from warehouse.issue_link_spans as spans
semi join touched_issues as touched on spans.other_jira_id = touched.jira_id
union
select spans.jira_id as jira_id
from base.issue_block_spans as spans
semi join touched_issues as touched on spans.blocker_jira_id = touched.jira_id
union
select jira_id
from warehouse.issue_link_spans
where exists (from other_phrases)
