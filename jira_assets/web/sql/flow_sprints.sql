select
    sprint_id,
    sprint_name,
    state
from sprint_velocity
where $project is null or list_contains(project_keys, $project)
order by state = 'active' desc, started_at desc, sprint_id desc
limit 100
