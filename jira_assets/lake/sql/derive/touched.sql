-- The issues of which new observations came.
create or replace temp table touched as
select distinct jira_id
from {observations}
where project_id in ({project_ids})
