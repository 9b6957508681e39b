-- group: pull_requests
-- scope: pull requests

create table warehouse.pull_requests as
with issues as (
    select
        pull_request_id,
        count(*) as issues
    from warehouse.issue_pull_requests
    group by pull_request_id
),
unknown as (
    select
        pull.pull_request_id,
        list_sort(list(distinct mentions.read_as)) as keys
    from (
        select
            pull_request_id,
            unnest(title_keys || branch_keys || body_keys) as mention
        from site.pull_requests
    ) as pull
    inner join mentioned_keys as mentions on pull.mention = mentions.mention
    anti join (
        select mention
        from mentioned_keys
        where jira_id is not null
    ) as found on pull.mention = found.mention
    inner join warehouse.jira_projects as projects
        on
            mentions.project_key = projects.project_key
            or list_contains(projects.former_keys, mentions.project_key)
    where projects.is_tracked
    group by pull.pull_request_id
)
select
    pull.pull_request_id::varchar as pull_request_id,
    pull.repository::varchar as repository,
    pull.number::varchar as number,
    pull.title::varchar as title,
    pull.branch::varchar as branch,
    pull.url::varchar as url,
    pull.author::varchar as author,
    pull.state::varchar as state,
    pull.created_at::timestamp as created_at,
    pull.merged_at::timestamp as merged_at,
    pull.closed_at::timestamp as closed_at,
    coalesce(issues.issues, 0)::bigint as issues,
    coalesce(unknown.keys, [])::varchar[] as unknown_keys
from site.pull_requests as pull
left join issues on pull.pull_request_id = issues.pull_request_id
left join unknown on pull.pull_request_id = unknown.pull_request_id;

comment on table warehouse.pull_requests is 'Pull requests from the table in the setting JIRA_ASSETS_PULL_REQUESTS (empty if not set)';
comment on column warehouse.pull_requests.pull_request_id is 'Repository and number: acme/web#12';
comment on column warehouse.pull_requests.repository is 'Its repository';
comment on column warehouse.pull_requests.number is 'Its number there';
comment on column warehouse.pull_requests.title is 'Title';
comment on column warehouse.pull_requests.branch is 'The branch it asks to merge';
comment on column warehouse.pull_requests.url is 'Address of the issue in Jira';
comment on column warehouse.pull_requests.author is 'Author of the pull request, as named by the code host';
comment on column warehouse.pull_requests.state is 'open, merged or closed (without a merge)';
comment on column warehouse.pull_requests.created_at is 'When it was opened, UTC';
comment on column warehouse.pull_requests.merged_at is 'When it was merged, UTC';
comment on column warehouse.pull_requests.closed_at is 'When it was closed, with or without a merge, UTC';
comment on column warehouse.pull_requests.issues is 'Issues it belongs to';
comment on column warehouse.pull_requests.unknown_keys is 'Keys of tracked projects in it, also from before a rename, without an issue in the lake: mistyped, deleted, or not read yet';
