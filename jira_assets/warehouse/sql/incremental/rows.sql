-- Rows are compared by what is in them, and only those that differ are written: replacing all rows of a project would
-- make DuckDB rewrite the tables around them. The copy has the row numbers of what it is a copy of.
create or replace temp table compared as
select
    rowid as place,
    {digest} as digest,
    1 as balance
from {before} as t
where {was_there}
union all
select
    rowid as place,
    {digest} as digest,
    -1 as balance
from {now} as t
where {is_there};

-- What is there as often as before stays; of the rest, every copy goes and comes again.
create or replace temp table differing as
select digest
from compared
group by digest
having sum(balance) <> 0;

delete from merged.{table}
where rowid in (
    select place
    from compared
    semi join differing on compared.digest = differing.digest
    where balance = 1
);

insert into merged.{table}
from {now} as t
where rowid in (
    select place
    from compared
    semi join differing on compared.digest = differing.digest
    where balance = -1
);
