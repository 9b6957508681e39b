select issue_type
from issue_flow
where is_counted and issue_type is not null and ($project is null or project_key = $project)
group by issue_type
order by count(*) desc, issue_type asc
limit 50
