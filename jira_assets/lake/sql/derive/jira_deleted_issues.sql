select
    winners.project as project,
    winners.jira_id::varchar as jira_id,
    winners.jira_key::varchar as jira_key,
    winners.project::varchar as project_id,
    winners.project_key::varchar as project_key,
    winners.kind::varchar as reason,
    try(raw.payload ->> '$.key')::varchar as moved_to_key,
    try(raw.payload ->> '$.project_id')::varchar as moved_to_project_id,
    winners.asked_at::timestamp as noticed_at
from {observations} as raw
inner join winners on raw.filename = winners.file and raw.file_row_number = winners.row
where raw.kind <> 'issue'
