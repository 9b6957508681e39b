-- What was derived before, of issues whose list is still the same; what is still there was seen by the last read.
select
    known.* replace (
        case when known.deleted_seen_at is null then coalesce(reads.asked_at, known.seen_at) else known.seen_at end
            as seen_at
    )
from read_parquet({table}) as known
left join read_parquet({reads}) as reads on reads.entity = {kind} and known.jira_id = reads.jira_id
anti join changed on known.jira_id = changed.jira_id
