-- Rows are compared by what is in them, and only those that differ are written: replacing all rows of a project would
-- make DuckDB rewrite the tables around them. The copy has the row numbers of what it is a copy of.
create or replace temp table old_rows as
select
    rowid as place,
    hash(t) as digest,
    row_number() over (partition by hash(t) order by rowid) as copy
from base.{table} as t
where {of_old};

create or replace temp table new_rows as
select
    rowid as place,
    hash(t) as digest,
    row_number() over (partition by hash(t) order by rowid) as copy
from warehouse.{table} as t
where {of_new};

delete from merged.{table}
where rowid in (
    select place
    from old_rows
    anti join new_rows on old_rows.digest = new_rows.digest and old_rows.copy = new_rows.copy
);

insert into merged.{table}
from warehouse.{table}
where rowid in (
    select place
    from new_rows
    anti join old_rows on new_rows.digest = old_rows.digest and new_rows.copy = old_rows.copy
);
