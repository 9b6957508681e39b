select
    jira_id,
    jira_key,
    updated_at
from read_parquet({issues})
