-- psql -f deploy/databases.shared.sql, as an administrator of the PostgreSQL server; then `\password jira_assets` and so on.
create role jira_assets login; -- owns the state: settings, decisions, manifests and locks
create role dagster login; -- owns Dagster's runs and events
create role jira_assets_reader login; -- of hosts that only run `publish --follow`
create database jira_assets owner jira_assets;
create database dagster owner dagster;
\connect jira_assets
alter default privileges for role jira_assets in schema public grant select on tables to jira_assets_reader;
