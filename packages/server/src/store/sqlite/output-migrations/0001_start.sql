-- 0001_start.sql (breaking: no)
-- Output in a file of its own: it is much, and the client sends again what was not acknowledged.

-- How far each attempt is stored, in bytes of UTF-8, without a gap.
create table output_head (
  execution_id text primary key,
  attempt integer not null,
  fence integer not null,
  stored_bytes integer not null
) strict, without rowid;

create table output_chunk (
  execution_id text not null,
  fence integer not null,
  at_byte integer not null,
  stream text not null,
  at integer not null,
  text text not null,
  primary key (execution_id, fence, at_byte)
) strict, without rowid;
