-- One page of what Jira named, without what it named before: pages may overlap.
create or replace temp table page as
select
    jira_id as jira_id,
    jira_key as jira_key,
    make_timestamp(updated_us) as updated_at
from (
    select
        unnest($ids::varchar[]) as jira_id,
        unnest($keys::varchar[]) as jira_key,
        unnest($updated::bigint[]) as updated_us
)
where jira_id not in (select jira_id from named)
qualify row_number() over (partition by jira_id order by updated_us desc nulls last) = 1
