-- What issues can be filtered by; of each kind the most frequent. Epics of several sites may have one key: that of a
-- further site stands after the name of the site, as the keys of its projects do.
with items as (
    select
        flow.jira_id as jira_id,
        issues.team as team,
        issues.assignee_account_id as assignee,
        -- A key of a further site has the name of the site before it, as its ids have.
        regexp_extract(issues.jira_id, '.*:') || issues.parent_key as epic
    from issue_flow as flow
    inner join jira_issues as issues on flow.jira_id = issues.jira_id
    where flow.is_counted and ($project is null or flow.project_key = $project)
),
found as (
    select
        'team' as kind,
        team as value,
        count(*) as issues
    from items
    group by team
    union all
    select
        'assignee' as kind,
        assignee as value,
        count(*) as issues
    from items
    group by assignee
    union all
    select
        'epic' as kind,
        epic as value,
        count(*) as issues
    from items
    group by epic
    union all
    select
        'label' as kind,
        labels.label as value,
        count(*) as issues
    from items
    inner join jira_issue_labels as labels on items.jira_id = labels.jira_id
    group by labels.label
    union all
    select
        'component' as kind,
        components.component as value,
        count(*) as issues
    from items
    inner join jira_issue_components as components on items.jira_id = components.jira_id
    group by components.component
    union all
    select
        'version' as kind,
        versions.version as value,
        count(*) as issues
    from items
    inner join jira_issue_versions as versions on items.jira_id = versions.jira_id and versions.kind = 'fix'
    group by versions.version
),
most as (
    select
        kind,
        value
    from found
    where value is not null
    qualify row_number() over (partition by kind order by issues desc, value asc) <= 200
)
select
    most.kind,
    most.value,
    case most.kind
        when 'assignee' then coalesce(users.display_name, most.value)
        when 'epic' then concat_ws(' ', most.value, epics.summary)
        else most.value
    end as name
from most
left join jira_users as users on most.kind = 'assignee' and most.value = users.account_id
left join jira_issues as epics
    on
        most.kind = 'epic'
        and split_part(most.value, ':', -1) = epics.jira_key
        and regexp_extract(most.value, '.*:') = regexp_extract(epics.jira_id, '.*:')
order by most.kind asc, lower(name) asc, most.value asc
