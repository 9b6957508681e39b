-- An account is one person, however many projects it was seen in. Those of the page are chosen from a few columns
-- first: what is said of each is much, and there may be a hundred thousand.
with found as not materialized (
    select
        account_id as account_id,
        any_value(display_name) as display_name,
        sum(issues_assigned + issues_reported) as activity
    from jira_unmatched_users
    where
        reason <> 'ignored'
        and not list_contains($decided, account_id)
        and ($project is null or project_key = $project)
        and (
            $search = ''
            or contains(lower(display_name), lower($search))
            or contains(lower(coalesce(email, '')), lower($search))
            or account_id = $search
        )
    group by account_id
),
chosen as materialized (
    select
        account_id,
        display_name,
        activity
    from found
    order by activity desc, display_name asc, account_id asc
    limit $most offset $skipped
)
select
    seen.account_id,
    any_value(seen.display_name) as display_name,
    any_value(seen.email) as email,
    any_value(seen.account_type) as account_type,
    any_value(seen.reason) as reason,
    any_value(seen.candidates) as candidates,
    any_value(seen.suggestions) as suggestions,
    any_value(seen.suggested_because) as suggested_because,
    list(distinct seen.project_key order by seen.project_key) as projects,
    sum(seen.issues_assigned)::bigint as issues_assigned,
    sum(seen.issues_reported)::bigint as issues_reported,
    max(seen.last_seen_at) as last_seen_at,
    (select count(*) from found) as found
from jira_unmatched_users as seen
inner join chosen on seen.account_id = chosen.account_id
where $project is null or seen.project_key = $project
group by seen.account_id
order by any_value(chosen.activity) desc, any_value(seen.display_name) asc, seen.account_id asc
