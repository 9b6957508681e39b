create table warehouse.issue_status_times as
select
    flow.jira_id::varchar as jira_id,
    any_value(flow.project_id)::varchar as project_id,
    any_value(flow.project_key)::varchar as project_key,
    any_value(flow.issue_type)::varchar as issue_type,
    any_value(flow.is_counted)::boolean as is_counted,
    any_value(flow.is_left_out)::boolean as is_left_out,
    any_value(flow.delivered)::boolean as delivered,
    any_value(flow.finished_on)::date as finished_on,
    spans.status_id::varchar as status_id,
    any_value(spans.status)::varchar as status,
    any_value(spans.status_category)::varchar as status_category,
    any_value(spans.is_active)::boolean as is_active,
    min(spans.visit)::integer as first_visit,
    count(*)::integer as visits,
    -- Rounded: the last digits of a sum depend on the order in which threads add it up.
    round(sum(spans.hours) / 24.0, 6)::double as days,
    (
        date_diff(
            'day',
            any_value(flow.started_on),
            local_day(max(spans.left_at) filter (where spans.left_at >= flow.started_at))
        ) + 1
    )::integer as age_days
from warehouse.issue_status_spans as spans
inner join warehouse.issue_flow as flow on spans.jira_id = flow.jira_id
group by flow.jira_id, spans.status_id;

comment on table warehouse.issue_status_times is 'How long each issue was in each of its statuses, all stays together';
comment on column warehouse.issue_status_times.jira_id is 'Id of the issue';
comment on column warehouse.issue_status_times.project_id is 'Id of its project';
comment on column warehouse.issue_status_times.project_key is 'Key of its project today';
comment on column warehouse.issue_status_times.issue_type is 'Name of its type';
comment on column warehouse.issue_status_times.is_counted is 'Whether the metrics count issues of its hierarchy level';
comment on column warehouse.issue_status_times.is_left_out is 'Whether its changes contradict its present status: left out of every series';
comment on column warehouse.issue_status_times.delivered is 'Whether it is finished, with a resolution that counts as delivered or none';
comment on column warehouse.issue_status_times.finished_on is 'Day of its finish';
comment on column warehouse.issue_status_times.status_id is 'Id of the status';
comment on column warehouse.issue_status_times.status is 'Name of the status today, or then where it is gone';
comment on column warehouse.issue_status_times.status_category is 'new, indeterminate or done, today; null for statuses that are gone';
comment on column warehouse.issue_status_times.is_active is 'Whether the settings call the status active; null where they name none';
comment on column warehouse.issue_status_times.first_visit is 'Place of its first stay there in the life of the issue, from 1';
comment on column warehouse.issue_status_times.visits is 'How often it came into it';
comment on column warehouse.issue_status_times.days is 'Days of the stays that have ended, added up; null while none has';
comment on column warehouse.issue_status_times.age_days is 'Its age in days, counted from its start, when it last left the status; null if it never did since';
