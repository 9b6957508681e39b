-- What the rows of these projects are, in whatever order they lie.
select
    {label} as table_name,
    count(*) as row_count,
    sum({digest}) as digest
from {catalog}.{table} as t
where {of_projects}
