-- group: people
-- scope: all projects

create table warehouse.teams as
-- A team of the team file and one of Jira are the same if they have the same name.
with of_members as (
    select
        team as team,
        count(*) as members
    from given.team_members
    where team is not null
    group by team
),
of_jira as (
    select
        jira_team as team,
        list(jira_team_id order by jira_team_id) as jira_team_ids
    from warehouse.jira_teams
    group by jira_team
),
of_issues as (
    select
        team as team,
        count(*) as issues,
        count(*) filter (where status_category is distinct from 'done') as issues_open
    from warehouse.jira_issues
    where team is not null
    group by team
),
names as (
    select team from of_members
    union
    select team from of_jira
    union
    select team from of_issues
)
select
    names.team::varchar as team,
    coalesce(of_members.members, 0)::bigint as members,
    coalesce(of_jira.jira_team_ids, [])::varchar[] as jira_team_ids,
    coalesce(of_issues.issues, 0)::bigint as issues,
    coalesce(of_issues.issues_open, 0)::bigint as issues_open
from names
left join of_members on names.team = of_members.team
left join of_jira on names.team = of_jira.team
left join of_issues on names.team = of_issues.team;

comment on table warehouse.teams is 'Teams of the team file and of the Team field of Jira';
comment on column warehouse.teams.team is 'Name of the team, as in jira_issues.team';
comment on column warehouse.teams.members is 'Members of the team according to the team file';
comment on column warehouse.teams.jira_team_ids is 'Ids of the teams of that name in Jira';
comment on column warehouse.teams.issues is 'Issues of the team today';
comment on column warehouse.teams.issues_open is 'Of those, issues that are not Done';
