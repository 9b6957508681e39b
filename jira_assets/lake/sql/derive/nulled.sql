select
    column_name as column_name,
    count(*) as times
from (
    select unnest(nulled) as column_name
    from read_parquet({issues})
)
group by column_name
