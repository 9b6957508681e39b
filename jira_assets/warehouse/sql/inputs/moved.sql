-- An issue that moved lies in two projects until both have been synced: its home is where it was newest.
create table lake.moved as
select
    jira_id as jira_id,
    arg_max(project, row(coalesce(updated_at, '-infinity'::timestamp), synced_at, project)) as home
from lake.keys
group by jira_id
having count(*) > 1
