-- The versions of issues that lost against a newer one or a tombstone, and the files that hold any. Of a project of
-- which the present tables are taken over, those among the new observations.
create or replace temp table superseded as
select
    project_id as project,
    filename as file,
    file_row_number as row
from {observations} as seen
anti join winners on seen.filename = winners.file and seen.file_row_number = winners.row
where kind = 'issue';

select distinct file as file
from superseded
order by file
