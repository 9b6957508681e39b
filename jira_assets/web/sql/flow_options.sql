select
    project_key,
    count(*) as issues
from issue_flow
where is_counted
group by project_key
order by project_key
