-- An account is one person, however many projects it was seen in.
with accounts as (
    select
        account_id as account_id,
        any_value(display_name) as display_name,
        any_value(email) as email,
        any_value(account_type) as account_type,
        any_value(reason) as reason,
        any_value(candidates) as candidates,
        any_value(suggestions) as suggestions,
        any_value(suggested_because) as suggested_because,
        list(distinct project_key order by project_key) as projects,
        sum(issues_assigned)::bigint as issues_assigned,
        sum(issues_reported)::bigint as issues_reported,
        max(last_seen_at) as last_seen_at
    from jira_unmatched_users
    where $project is null or project_key = $project
    group by account_id
)
select
    account_id,
    display_name,
    email,
    account_type,
    reason,
    candidates,
    suggestions,
    suggested_because,
    projects,
    issues_assigned,
    issues_reported,
    last_seen_at,
    count(*) over () as found
from accounts
where
    reason <> 'ignored'
    and not list_contains($decided, account_id)
    and (
        $search = ''
        or contains(lower(display_name), lower($search))
        or contains(lower(coalesce(email, '')), lower($search))
        or account_id = $search
    )
order by issues_assigned + issues_reported desc, display_name asc, account_id asc
limit $most offset $skipped
