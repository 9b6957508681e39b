-- A specification has to name the fields it reads, and only the issues know which custom fields there are.
select distinct field_id as field_id
from (
    select unnest(try(json_keys(payload, '$.fields'))) as field_id
    from {observations}
    where kind = 'issue'
)
where starts_with(field_id, 'customfield_')
order by field_id
