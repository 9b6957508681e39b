-- The sprints that had or have issues of the changed projects.
create or replace temp table touched as
select sprint_id
from base.sprint_items
where project_id in ({replaced})
union
select sprint_id
from warehouse.sprint_items
where project_id in ({replaced})
