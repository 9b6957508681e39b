insert into warehouse.sprint_burndown
from warehouse.burndown_before as burndown
anti join touched_sprints on burndown.sprint_id = touched_sprints.sprint_id;

drop table warehouse.burndown_before
