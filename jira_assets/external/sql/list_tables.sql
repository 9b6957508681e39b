select schema_name || '.' || table_name as name
from duckdb_tables()
where database_name = 'source' and not internal
union all
select schema_name || '.' || view_name as name
from duckdb_views()
where database_name = 'source' and not internal
