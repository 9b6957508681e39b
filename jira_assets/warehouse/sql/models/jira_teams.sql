-- group: people
-- scope: site

create table warehouse.jira_teams as
-- Some issues have the id of their team without its name, and those that were read before a rename have the old one.
select
    jira_team_id::varchar as jira_team_id,
    coalesce(
        arg_max(jira_team, row(synced_at, jira_id)) filter (where jira_team is not null), jira_team_id
    )::varchar as jira_team
from {whole}.jira_issues
where jira_team_id is not null
group by jira_team_id;

comment on table warehouse.jira_teams is 'Teams that the Team field of Jira has in issues of the tracked projects';
comment on column warehouse.jira_teams.jira_team_id is 'Id of the team, the same on all sites of an organization';
comment on column warehouse.jira_teams.jira_team is 'Name of the team in the issue that was read last; the id if no issue has the name';
