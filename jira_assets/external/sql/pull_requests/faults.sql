select
    coalesce(pull_request_id, 'one without a number') as pull_request_id,
    fault,
    count(*) over () as faults
from pull_requests
where fault is not null
order by fault, pull_request_id
limit 1
