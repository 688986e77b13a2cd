-- breaking: no
-- Telling people of failures. What happened is noted in the transaction in which it happened, one row per run and kind,
-- so that a run with a thousand failures is one message; messages wait in the store until they were delivered.

create table notification_target (
  id text primary key,
  name text not null,
  kind text not null check (kind in ('webhook', 'e-mail')),
  url text,
  -- Sealed with a key that is not in this database.
  secret text,
  recipients text not null default '[]',
  events text not null,
  -- Ids of tasks as a JSON list; null: all tasks, and clients.
  tasks text,
  enabled integer not null,
  last_sent_at integer,
  problem text,
  revision integer not null,
  created_at integer not null,
  created_by text not null
) strict, without rowid;

create table notice (
  -- The run, or the client that vanished.
  subject text not null,
  event text not null,
  task_id text,
  client_id text,
  -- The newest execution of this kind, to look at.
  sample text,
  count integer not null,
  -- How many of them a message has told.
  told integer not null default 0,
  first_at integer not null,
  last_at integer not null,
  told_at integer,
  primary key (subject, event)
) strict, without rowid;
-- What still has to be told, and what is told and may go.
create index notice_untold on notice (first_at) where count > told;
create index notice_told on notice (last_at) where count <= told;

create table notification_message (
  id text primary key,
  target_id text not null references notification_target (id),
  state text not null check (state in ('waiting', 'sent', 'dead')),
  -- What it tells, as JSON.
  body text not null,
  tries integer not null default 0,
  problem text,
  created_at integer not null,
  -- A day after this it is given up.
  tried_from integer not null,
  next_try_at integer,
  ended_at integer
) strict, without rowid;
create index notification_message_due on notification_message (next_try_at) where state = 'waiting';
create index notification_message_of on notification_message (target_id, id);
create index notification_message_by_state on notification_message (state, id);
create index notification_message_ended on notification_message (ended_at) where ended_at is not null;
