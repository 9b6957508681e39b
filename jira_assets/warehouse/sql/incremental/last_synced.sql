-- The one thing that a sync which brought nothing changes in a project.
update warehouse.data_quality
set last_synced_at = syncs.last_success_at
from warehouse.metric_settings as settings
left join warehouse.sync_status as syncs on settings.project_id = syncs.project_id
where warehouse.data_quality.project_id = settings.project_id
