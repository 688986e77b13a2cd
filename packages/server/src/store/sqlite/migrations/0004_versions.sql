-- breaking: no
-- Deleted things stay for a while so that they can be restored; versions say what they were made from; a source can be
-- tried out on one client without becoming a version; a client's slots can be limited here.

alter table task add column deleted_at integer;
-- The one client on which a source is tried out: such a task is no business of the lists of tasks.
alter table task add column try_client text references client (id);
alter table run add column try_client text references client (id);

alter table client add column deleted_at integer;
-- At most so many executions side by side; null: as many as the PC offers.
alter table client add column slots_limit integer;

alter table user add column deleted_at integer;

-- The version that its author saw before; null where nobody said.
alter table plugin_version add column based_on integer;

-- What each list of deleted things and the retention look for.
create index task_deleted on task (deleted_at) where deleted_at is not null;
create index client_deleted on client (deleted_at) where deleted_at is not null;
create index user_deleted on user (deleted_at) where deleted_at is not null;
create index plugin_deleted on plugin (deleted_at) where deleted_at is not null;
-- Tries that have not ended: each is listed to its client.
create index run_open_try on run (try_client) where try_client is not null and status = 'active';
