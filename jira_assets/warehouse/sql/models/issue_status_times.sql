-- group: metrics
-- scope: project
-- key: project_id
-- parts: jira_id of warehouse.issue_flow, warehouse.issue_status_spans

create table warehouse.issue_status_times as
with times as (
    select
        jira_id as jira_id,
        status_id as status_id,
        any_value(status) as status,
        any_value(status_category) as status_category,
        any_value(is_active) as is_active,
        min(visit) as first_visit,
        count(*) as visits,
        sum(hours) as hours,
        max(left_at) as left_at
    from warehouse.issue_status_spans
    group by jira_id, status_id
),
-- No window: with little memory, DuckDB 2.0 sums rows of other partitions over a whole ordered one.
names as (
    select
        jira_id as jira_id,
        status as status,
        min(first_visit) as first_visit,
        sum(hours) as hours
    from times
    group by jira_id, status
)
select
    flow.jira_id::varchar as jira_id,
    flow.project_id::varchar as project_id,
    flow.project_key::varchar as project_key,
    flow.issue_type::varchar as issue_type,
    flow.is_counted::boolean as is_counted,
    flow.is_left_out::boolean as is_left_out,
    flow.delivered::boolean as delivered,
    flow.finished_on::date as finished_on,
    times.status_id::varchar as status_id,
    times.status::varchar as status,
    times.status_category::varchar as status_category,
    times.is_active::boolean as is_active,
    times.first_visit::integer as first_visit,
    times.visits::integer as visits,
    -- Rounded: the last digits of a sum depend on the order in which threads add it up.
    round(times.hours / 24.0, 6)::double as days,
    round(names.hours / 24.0, 6)::double as days_by_name,
    case
        when times.left_at >= flow.started_at
            then date_diff('day', flow.started_on, local_day(times.left_at)) + 1
    end::integer as age_days
from times
inner join warehouse.issue_flow as flow on times.jira_id = flow.jira_id
left join names on times.jira_id = names.jira_id and times.first_visit = names.first_visit;

comment on table warehouse.issue_status_times is 'Total time of each issue in each of its statuses';
comment on column warehouse.issue_status_times.jira_id is 'Id of the issue';
comment on column warehouse.issue_status_times.project_id is 'Id of its project';
comment on column warehouse.issue_status_times.project_key is 'Key of its project today';
comment on column warehouse.issue_status_times.issue_type is 'Name of its type';
comment on column warehouse.issue_status_times.is_counted is 'Whether the metrics count issues of its hierarchy level';
comment on column warehouse.issue_status_times.is_left_out is 'Whether it is excluded from all series; issue_replay_flags has the reason';
comment on column warehouse.issue_status_times.delivered is 'Whether it is finished, with a resolution that counts as delivered or none';
comment on column warehouse.issue_status_times.finished_on is 'Day of its finish';
comment on column warehouse.issue_status_times.status_id is 'Id of the status';
comment on column warehouse.issue_status_times.status is 'Current name of the status; for a deleted status, the name most frequent in histories';
comment on column warehouse.issue_status_times.status_category is 'new, indeterminate or done, as in project_statuses; null if unknown';
comment on column warehouse.issue_status_times.is_active is 'Whether JIRA_ASSETS_ACTIVE_STATUSES lists the status; null if that setting is empty';
comment on column warehouse.issue_status_times.first_visit is 'Position of its first stay there in the history of the issue, from 1';
comment on column warehouse.issue_status_times.visits is 'Number of entries into the status';
comment on column warehouse.issue_status_times.days is 'Total days of the stays that have ended; null if none has ended';
comment on column warehouse.issue_status_times.days_by_name is 'The same for all its statuses with that name, as several projects have them; null on all but the first of these';
comment on column warehouse.issue_status_times.age_days is 'Age in days since its start when it last left the status; null if it has not left it since';
