-- What these rows are, in whatever order they lie.
select
    {label} as table_name,
    count(*) as row_count,
    sum({digest}) as digest
from {rows} as t
where {condition}
