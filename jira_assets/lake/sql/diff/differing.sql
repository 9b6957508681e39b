-- What only one of two listings named. A version of `before` or later may have come between the two.
select count(*)
from named
where
    (not named.is_first or named.jira_id not in (select jira_id from listed_again))
    and (named.updated_at is null or named.updated_at < {before}::timestamp)
