-- The issues of which a list came in with these files.
create or replace temp table changed as
select distinct jira_id as jira_id
from {observations}
where project_id = {project_id} and kind = {kind} and payload is not null
