-- group: metrics
-- scope: all projects
-- parts: subject_id of subjects

-- As forecast_days, but only what the epic or version itself delivered counts.
create table warehouse.progress_forecasts as
with subjects as (
    select
        'epic' as kind,
        issues.jira_id as subject_id,
        issues.project_id as project_id,
        spans.jira_id as jira_id
    from warehouse.issue_parent_spans as spans
    inner join warehouse.jira_issues as issues on spans.parent_id = issues.jira_id
    inner join warehouse.issue_flow as flow on issues.jira_id = flow.jira_id
    where spans.left_at is null and issues.hierarchy_level > 0 and flow.status_category is distinct from 'done'
    union all
    select
        'version' as kind,
        versions.version_id as subject_id,
        versions.project_id as project_id,
        spans.jira_id as jira_id
    from warehouse.issue_version_spans as spans
    inner join warehouse.jira_versions as versions on spans.version_id = versions.version_id
    where spans.left_at is null and not versions.is_released and not versions.is_archived
),
items as (
    select
        subjects.kind as kind,
        subjects.subject_id as subject_id,
        subjects.project_id as project_id,
        settings.project_key as project_key,
        settings.as_of as as_of,
        flow.status_category is distinct from 'done' as is_open,
        case
            when flow.delivered and flow.finished_on >= settings.as_of - 84 and flow.finished_on < settings.as_of
                then flow.finished_on
        end as delivered_on
    from subjects as subjects
    inner join warehouse.metric_settings as settings on subjects.project_id = settings.project_id
    inner join warehouse.issue_flow as flow on subjects.jira_id = flow.jira_id
    where flow.is_counted and not flow.is_left_out
),
goals as (
    select
        kind as kind,
        subject_id as subject_id,
        kind || subject_id as subject,
        any_value(project_id) as project_id,
        any_value(project_key) as project_key,
        any_value(as_of) as as_of,
        count(*) filter (where is_open) as goal,
        count(delivered_on) as delivered,
        count(distinct delivered_on) as days
    from items
    group by kind, subject_id
    having count(delivered_on) >= 5
),
daily as (
    select
        kind || subject_id as subject,
        issues as issues,
        count(*) as times
    from (
        select
            kind as kind,
            subject_id as subject_id,
            count(*) as issues
        from items
        where delivered_on is not null
        group by kind, subject_id, delivered_on
    ) as days_before
    group by kind || subject_id, issues
    union all
    select
        subject as subject,
        0 as issues,
        84 - days as times
    from goals
    where days < 84
),
answers as (
    {days_to_goal}
)
select
    goals.kind::varchar as kind,
    goals.subject_id::varchar as subject_id,
    goals.project_id::varchar as project_id,
    goals.project_key::varchar as project_key,
    goals.as_of::date as as_of,
    goals.delivered::bigint as delivered,
    goals.goal::bigint as open_issues,
    answers.percent::integer as percent,
    answers.day::integer as days,
    (goals.as_of + answers.day)::date as finished_by
from goals
inner join answers on goals.subject = answers.subject;

comment on table warehouse.progress_forecasts is 'Forecast of when the open issues of each open epic and unreleased version are delivered, from its own last twelve weeks; no rows: fewer than 5 of its issues delivered in them';
comment on column warehouse.progress_forecasts.kind is 'epic or version';
comment on column warehouse.progress_forecasts.subject_id is 'Id of the epic (jira_id) or of the version';
comment on column warehouse.progress_forecasts.project_id is 'Id of its project';
comment on column warehouse.progress_forecasts.project_key is 'Key of that project today';
comment on column warehouse.progress_forecasts.as_of is 'The day on which the forecast begins';
comment on column warehouse.progress_forecasts.delivered is 'Issues of it delivered on the 84 days before';
comment on column warehouse.progress_forecasts.open_issues is 'Issues of it that are not Done now';
comment on column warehouse.progress_forecasts.percent is 'Chance in percent: 50, 70, 85 or 95';
comment on column warehouse.progress_forecasts.days is 'Days after which they are delivered with that chance; null: more than 180';
comment on column warehouse.progress_forecasts.finished_by is 'The day that many days after as_of';
