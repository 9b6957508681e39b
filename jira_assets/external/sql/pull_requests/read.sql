-- Keys are picked out here, and looked up when publishing: then it is known which issues there are. Bodies stay behind.
create table pull_requests as
with given as (
    select distinct
        {columns}
    from outside
),
texts as (
    select
        nullif(trim(repository), '') as repository,
        nullif(regexp_replace(trim(number), '\.0$', ''), '') as number,
        title,
        nullif(trim(branch), '') as branch,
        body,
        nullif(trim(url), '') as url,
        nullif(trim(author), '') as author,
        lower(trim(state)) as state,
        nullif(trim(created_at), '') as created_text,
        nullif(trim(merged_at), '') as merged_text,
        nullif(trim(closed_at), '') as closed_text
    from given
),
timed as (
    select
        *,
        try_cast(created_text as timestamptz) at time zone 'UTC' as created_at,
        try_cast(merged_text as timestamptz) at time zone 'UTC' as merged_at,
        try_cast(closed_text as timestamptz) at time zone 'UTC' as closed_at
    from texts
)
select
    repository || '#' || number as pull_request_id,
    repository as repository,
    number as number,
    title as title,
    branch as branch,
    url as url,
    author as author,
    case
        when merged_at is not null or state = 'merged' then 'merged'
        when closed_at is not null or state in ('closed', 'declined', 'superseded') then 'closed'
        else 'open'
    end as state,
    created_at as created_at,
    coalesce(merged_at, case when state = 'merged' then closed_at end) as merged_at,
    coalesce(closed_at, merged_at) as closed_at,
    keys_in(title) as title_keys,
    keys_in(upper(branch)) as branch_keys, -- tools that make branches of issues write them small
    keys_in(body) as body_keys,
    case
        when repository is null then 'has no repository'
        when number is null then 'has no number'
        when created_text is null then 'has no created_at'
        when created_at is null then 'has ''' || created_text || ''' as created_at, which is no time'
        when merged_text is not null and merged_at is null then 'has ''' || merged_text || ''' as merged_at, which is no time'
        when closed_text is not null and closed_at is null then 'has ''' || closed_text || ''' as closed_at, which is no time'
        when count(*) over (partition by repository, number) > 1 then 'stands there more than once'
    end as fault
from timed
