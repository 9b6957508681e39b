-- group: pull_requests
-- scope: pull requests

-- The stages add up to the cycle time, whatever people did: a pull request that was opened before the start counts
-- from the start, one that was merged after the finish until the finish.
create table warehouse.pull_request_flow as
with pulls as (
    select
        links.jira_id as jira_id,
        count(*) as pull_requests,
        arg_min(pull.pull_request_id, row(pull.created_at, pull.pull_request_id)) as first_pull_request_id,
        min(pull.created_at) as first_opened_at,
        case when bool_and(pull.state = 'merged') then max(pull.merged_at) end as merged_at
    from warehouse.issue_pull_requests as links
    inner join warehouse.pull_requests as pull on links.pull_request_id = pull.pull_request_id
    where pull.state <> 'closed'
    group by links.jira_id
),
ordered as (
    select
        flow.*,
        pulls.pull_requests,
        pulls.first_pull_request_id,
        pulls.first_opened_at,
        pulls.merged_at,
        least(greatest(pulls.first_opened_at, flow.started_at), flow.finished_at) as opened,
        case
            when pulls.merged_at is not null
                then least(greatest(pulls.merged_at, pulls.first_opened_at, flow.started_at), flow.finished_at)
        end as merged
    from warehouse.issue_flow as flow
    inner join pulls on flow.jira_id = pulls.jira_id
)
select
    jira_id::varchar as jira_id,
    jira_key::varchar as jira_key,
    project_id::varchar as project_id,
    project_key::varchar as project_key,
    issue_type::varchar as issue_type,
    delivered::boolean as delivered,
    pull_requests::bigint as pull_requests,
    first_pull_request_id::varchar as first_pull_request_id,
    started_at::timestamp as started_at,
    first_opened_at::timestamp as first_opened_at,
    merged_at::timestamp as merged_at,
    finished_at::timestamp as finished_at,
    finished_on::date as finished_on,
    (date_diff('millisecond', started_at, opened) / 3600000.0)::double as hours_to_first_pull_request,
    (date_diff('millisecond', opened, merged) / 3600000.0)::double as hours_to_merge,
    (date_diff('millisecond', merged, finished_at) / 3600000.0)::double as hours_to_finish,
    (
        coalesce(started_at <= first_opened_at, true)
        and coalesce(merged_at <= finished_at, true)
        and coalesce(first_opened_at <= finished_at, true)
    )::boolean as is_in_order
from ordered;

comment on table warehouse.pull_request_flow is 'The cycle time of issues with pull requests, split where the first was opened and where the last was merged; those closed without a merge do not count';
comment on column warehouse.pull_request_flow.jira_id is 'Id of the issue';
comment on column warehouse.pull_request_flow.jira_key is 'Key of the issue today';
comment on column warehouse.pull_request_flow.project_id is 'Id of its project';
comment on column warehouse.pull_request_flow.project_key is 'Key of its project today';
comment on column warehouse.pull_request_flow.issue_type is 'Name of its type';
comment on column warehouse.pull_request_flow.delivered is 'Whether it is finished, with a resolution that counts as delivered or none';
comment on column warehouse.pull_request_flow.pull_requests is 'Its pull requests, open or merged';
comment on column warehouse.pull_request_flow.first_pull_request_id is 'The one that was opened first';
comment on column warehouse.pull_request_flow.started_at is 'When the issue first entered a status of the category In Progress, UTC';
comment on column warehouse.pull_request_flow.first_opened_at is 'When its first pull request was opened, UTC';
comment on column warehouse.pull_request_flow.merged_at is 'When its last pull request was merged, UTC; null while one is open';
comment on column warehouse.pull_request_flow.finished_at is 'When the issue last entered Done, UTC; null if it is not Done now';
comment on column warehouse.pull_request_flow.finished_on is 'Day of its finish in the time zone of the settings';
comment on column warehouse.pull_request_flow.hours_to_first_pull_request is 'Hours from start to first pull request';
comment on column warehouse.pull_request_flow.hours_to_merge is 'Hours from first pull request to last merge';
comment on column warehouse.pull_request_flow.hours_to_finish is 'Hours from last merge to finish; the three add up to the cycle time';
comment on column warehouse.pull_request_flow.is_in_order is 'Whether start, first pull request, last merge and finish came in this order';
