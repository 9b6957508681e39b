-- The state has the database that POSTGRES_DB names; Dagster's storage has its own.
create database dagster;
