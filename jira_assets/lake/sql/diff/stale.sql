-- The issues of a table whose named version the lake lacks. The search index may be behind what the lake already
-- fetched: an older `updated` is then no news.
select
    named.jira_id as jira_id,
    known.jira_id is null or known.is_tombstone as is_new,
    known.updated_at as known_updated_at,
    named.jira_key as jira_key,
    named.updated_at as listed_updated_at
from {table} as named
left join known on named.jira_id = known.jira_id
where
    known.jira_id is null
    or known.is_tombstone
    or known.updated_at is null
    or named.updated_at is null
    or named.updated_at > known.updated_at
    or (named.updated_at = known.updated_at and named.jira_key <> known.jira_key)
    or known.looked_at < {read_again_before}
order by length(named.jira_id), named.jira_id
