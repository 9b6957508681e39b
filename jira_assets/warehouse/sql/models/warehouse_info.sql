-- group: site
-- scope: all projects

-- Filled at the end of the publish.
create table warehouse.warehouse_info as
select
    null::varchar as key,
    null::varchar as value
where false;

comment on table warehouse.warehouse_info is 'Metadata of this file';
comment on column warehouse.warehouse_info.key is 'published_at; fingerprint, shared, projects, moved and version are for the next publish, which compares them';
comment on column warehouse.warehouse_info.value is 'Value of the key; for published_at the time of the publish, UTC, to cast to timestamp'
