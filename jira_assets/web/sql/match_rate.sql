-- Weighted by activity: an account with 500 issues counts more than one that was mentioned once.
with seen as (
    select
        project_key as project_key,
        true as is_matched,
        issues_assigned + issues_reported as activity
    from jira_user_matches
    union all
    select
        project_key as project_key,
        false as is_matched,
        issues_assigned + issues_reported as activity
    from jira_unmatched_users
    where reason <> 'ignored'
)
select
    project_key,
    count(*) filter (where is_matched) as matched,
    count(*) as accounts,
    coalesce(sum(activity) filter (where is_matched), 0)::bigint as matched_activity,
    coalesce(sum(activity), 0)::bigint as activity
from seen
group by project_key
order by project_key
