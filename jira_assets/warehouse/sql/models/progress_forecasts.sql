-- group: metrics
-- scope: all projects

-- Days are drawn from the last twelve weeks, as in forecast_days, but of the epic or version alone, and without trials:
-- `walk` has the chance of each number of issues still missing after each day. What becomes less likely than one in a
-- million is left out.
create table warehouse.progress_forecasts as
with recursive subjects as (
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
    from subjects
    inner join warehouse.metric_settings as settings on subjects.project_id = settings.project_id
    inner join warehouse.issue_flow as flow on subjects.jira_id = flow.jira_id
    where flow.is_counted and not flow.is_left_out
),
goals as (
    select
        kind as kind,
        subject_id as subject_id,
        any_value(project_id) as project_id,
        any_value(project_key) as project_key,
        any_value(as_of) as as_of,
        count(*) filter (where is_open) as open_issues,
        count(delivered_on) as delivered,
        count(distinct delivered_on) as days
    from items
    group by kind, subject_id
    having count(delivered_on) >= 5
),
chances as (
    select
        kind as kind,
        subject_id as subject_id,
        issues as issues,
        count(*) / 84.0::double as chance
    from (
        select
            kind as kind,
            subject_id as subject_id,
            delivered_on as day,
            count(*) as issues
        from items
        where delivered_on is not null
        group by kind, subject_id, delivered_on
    ) as daily
    group by kind, subject_id, issues
    union all
    select
        kind as kind,
        subject_id as subject_id,
        0 as issues,
        (84 - days) / 84.0::double as chance
    from goals
    where days < 84
),
walk as (
    select
        kind as kind,
        subject_id as subject_id,
        0::integer as day,
        open_issues::bigint as missing,
        1::double as chance
    from goals
    union all
    select
        walk.kind as kind,
        walk.subject_id as subject_id,
        (walk.day + 1)::integer as day,
        (walk.missing - chances.issues)::bigint as missing,
        -- Rounded: the last digits of a sum depend on the order in which threads add it up.
        round(sum(walk.chance * chances.chance), 12)::double as chance
    from walk
    inner join chances on walk.kind = chances.kind and walk.subject_id = chances.subject_id
    where walk.day < 180 and walk.missing > chances.issues
    group by walk.kind, walk.subject_id, walk.day, walk.missing - chances.issues
    having sum(walk.chance * chances.chance) > 0.000001
),
unfinished as (
    select
        kind as kind,
        subject_id as subject_id,
        day as day,
        sum(chance) as chance
    from walk
    where missing > 0
    group by kind, subject_id, day
),
percents as (
    select unnest([50, 70, 85, 95]) as percent
),
-- The last day on which it is less sure than that: 180 means that it takes longer.
answers as (
    select
        goals.kind as kind,
        goals.subject_id as subject_id,
        percents.percent as percent,
        coalesce(max(unfinished.day) + 1, 0) as days
    from goals
    cross join percents
    left join unfinished
        on
            goals.kind = unfinished.kind
            and goals.subject_id = unfinished.subject_id
            and unfinished.chance > 1 - percents.percent / 100.0 + 0.000000001
    group by goals.kind, goals.subject_id, percents.percent
)
select
    goals.kind::varchar as kind,
    goals.subject_id::varchar as subject_id,
    goals.project_id::varchar as project_id,
    goals.project_key::varchar as project_key,
    goals.as_of::date as as_of,
    goals.delivered::bigint as delivered,
    goals.open_issues::bigint as open_issues,
    answers.percent::integer as percent,
    case when answers.days <= 180 then answers.days end::integer as days,
    case when answers.days <= 180 then goals.as_of + answers.days::integer end::date as finished_by
from goals
inner join answers on goals.kind = answers.kind and goals.subject_id = answers.subject_id;

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
