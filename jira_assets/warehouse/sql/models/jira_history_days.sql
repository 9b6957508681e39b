-- group: metrics
-- scope: site

create table warehouse.jira_history_days as
select
    days.day::date as day,
    end_of_day(days.day)::timestamp as ends_at
from (
    select unnest(generate_series(last_day - interval 90 day, last_day, interval 1 day))::date as day
    from (select max(as_of)::timestamp as last_day from warehouse.metric_settings)
    where last_day is not null
) as days;

comment on table warehouse.jira_history_days is 'The days of jira_issues_daily: the 91 days until the one of publishing';
comment on column warehouse.jira_history_days.day is 'The day, in the time zone of the settings';
comment on column warehouse.jira_history_days.ends_at is 'Its last moment, UTC';
