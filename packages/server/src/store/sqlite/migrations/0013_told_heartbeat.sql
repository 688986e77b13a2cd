-- breaking: no
-- The interval of heartbeats that the client was told at the start of its newest session. After a restart of the server a
-- session lasts three of its own intervals and 90 s: by the interval of another client it would end too early.
alter table client add column heartbeat_ms integer;
