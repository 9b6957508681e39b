select
    finding,
    any_value(meaning) || coalesce(': ' || string_agg(distinct repair, '; ' order by repair), '') as meaning,
    sum(found)::bigint as found,
    flatten(list(examples))[1:5] as examples
from data_quality
where $project is null or project_key = $project
group by finding
having sum(found) > 0
order by found desc, finding asc
