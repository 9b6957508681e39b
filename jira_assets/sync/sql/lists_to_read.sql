-- The issues of which some list is to be read, or all of them, with what their lists were when they were last read.
-- One of which nothing was read since that observation counts as never read.
select
    versions.jira_id as jira_id,
    versions.jira_key as jira_key,
    versions.updated_at as updated_at,
    list({{'entity': reads.entity, 'updated_at': reads.updated_at, 'digest': reads.digest, 'entries': reads.entries}})
        filter (where reads.seq >= {first_seq}) as reads
from ({versions}) as versions
left join read_parquet({reads}) as reads on versions.jira_id = reads.jira_id and reads.entity in ({kinds})
group by versions.jira_id, versions.jira_key, versions.updated_at
having
    {is_all}
    or count(*) filter (
        where reads.seq >= {first_seq} and reads.updated_at is not distinct from versions.updated_at
    ) < {how_many}
order by try_cast(versions.jira_id as bigint), versions.jira_id
