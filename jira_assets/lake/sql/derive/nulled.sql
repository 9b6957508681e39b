select
    project as project,
    column_name as column_name,
    count(*) as times
from (
    select
        project_id as project,
        unnest(nulled) as column_name
    from read_parquet({issues})
)
group by project, column_name
