-- Epics of the changed projects, and epics and versions that have or had issues of them.
from near_issues
union
select parent_id as subject_id
from base.issue_parent_spans
where project_id in ({replaced})
union
select parent_id as subject_id
from warehouse.issue_parent_spans
where project_id in ({replaced})
union
select version_id as subject_id
from base.issue_version_spans
where project_id in ({replaced})
union
select version_id as subject_id
from warehouse.issue_version_spans
where project_id in ({replaced})
