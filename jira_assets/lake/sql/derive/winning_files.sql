select
    file as file,
    bool_or(kind = 'issue') as has_issues,
    bool_or(kind <> 'issue') as has_tombstones
from winners
group by file
order by file
