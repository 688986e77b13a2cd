-- breaking: no
-- The hold that the client was told at the start of its newest session. A server that starts with a shorter one waits as
-- long as this: what its client may still be running was given to others.
alter table client add column hold_ms integer;
