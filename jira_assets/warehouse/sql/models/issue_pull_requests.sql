-- group: pull_requests
-- scope: pull requests

create table warehouse.issue_pull_requests as
with places as (
    select pull_request_id, 1 as place, unnest(title_keys) as mention from site.pull_requests
    union all
    select pull_request_id, 2 as place, unnest(branch_keys) as mention from site.pull_requests
    union all
    select pull_request_id, 3 as place, unnest(body_keys) as mention from site.pull_requests
)
select
    mentions.jira_id::varchar as jira_id,
    any_value(mentions.jira_key)::varchar as jira_key,
    places.pull_request_id::varchar as pull_request_id,
    list_transform(
        list_sort(list(distinct places.place)), lambda place: ['title', 'branch', 'body'][place]
    )::varchar[] as found_in,
    list_sort(list(distinct mentions.read_as))::varchar[] as mentioned_as
from places
inner join mentioned_keys as mentions on places.mention = mentions.mention
where mentions.jira_id is not null
group by mentions.jira_id, places.pull_request_id;

comment on table warehouse.issue_pull_requests is 'Pull requests of issues: one row per pair';
comment on column warehouse.issue_pull_requests.jira_id is 'Id of the issue';
comment on column warehouse.issue_pull_requests.jira_key is 'Key of the issue today';
comment on column warehouse.issue_pull_requests.pull_request_id is 'The pull request';
comment on column warehouse.issue_pull_requests.found_in is 'Where a key of the issue was found: title, branch, body';
comment on column warehouse.issue_pull_requests.mentioned_as is 'The keys that were found there, including keys from before the issue moved or its project was renamed';
