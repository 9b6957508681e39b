-- What was derived before and holds still.
select known.*
from {rows} as known
anti join touched on known.jira_id = touched.jira_id
