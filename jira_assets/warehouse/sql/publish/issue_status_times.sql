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
    case
        when row_number() over same_name = 1 then round(sum(times.hours) over same_name / 24.0, 6)
    end::double as days_by_name,
    case
        when times.left_at >= flow.started_at
            then date_diff('day', flow.started_on, local_day(times.left_at)) + 1
    end::integer as age_days
from times
inner join warehouse.issue_flow as flow on times.jira_id = flow.jira_id
window same_name as (
    partition by times.jira_id, times.status
    order by times.first_visit, times.status_id
    rows between unbounded preceding and unbounded following
);

comment on table warehouse.issue_status_times is 'How long each issue was in each of its statuses, all stays together';
comment on column warehouse.issue_status_times.jira_id is 'Id of the issue';
comment on column warehouse.issue_status_times.project_id is 'Id of its project';
comment on column warehouse.issue_status_times.project_key is 'Key of its project today';
comment on column warehouse.issue_status_times.issue_type is 'Name of its type';
comment on column warehouse.issue_status_times.is_counted is 'Whether the metrics count issues of its hierarchy level';
comment on column warehouse.issue_status_times.is_left_out is 'Whether it is left out of every series, for a reason in issue_replay_flags';
comment on column warehouse.issue_status_times.delivered is 'Whether it is finished, with a resolution that counts as delivered or none';
comment on column warehouse.issue_status_times.finished_on is 'Day of its finish';
comment on column warehouse.issue_status_times.status_id is 'Id of the status';
comment on column warehouse.issue_status_times.status is 'Name of the status today, or the one that histories use most where it is gone';
comment on column warehouse.issue_status_times.status_category is 'new, indeterminate or done, as in project_statuses; null where nothing tells';
comment on column warehouse.issue_status_times.is_active is 'Whether the settings call the status active; null where they name none';
comment on column warehouse.issue_status_times.first_visit is 'Place of its first stay there in the life of the issue, from 1';
comment on column warehouse.issue_status_times.visits is 'How often it came into it';
comment on column warehouse.issue_status_times.days is 'Days of the stays that have ended, added up; null while none has';
comment on column warehouse.issue_status_times.days_by_name is 'The same of all its statuses of that name, as several projects have them; null on all but the first of these';
comment on column warehouse.issue_status_times.age_days is 'Its age in days, counted from its start, when it last left the status; null if it never did since';
