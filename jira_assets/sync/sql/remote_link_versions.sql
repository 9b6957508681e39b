-- Only issues whose changes mention a remote link have any; the newest of these changes is their version.
select
    issues.jira_id,
    issues.jira_key,
    max(changes.changed_at) as updated_at
from read_parquet({changes}) as changes
inner join read_parquet({issues}) as issues on changes.jira_id = issues.jira_id
where lower(changes.field) = 'remoteissuelink'
group by issues.jira_id, issues.jira_key
