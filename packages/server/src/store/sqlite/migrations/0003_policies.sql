-- 0003_policies.sql (breaking: no)
-- Retry, what becomes of work out of contact, and rejections that last.

alter table task add column retry_max integer not null default 1;
alter table task add column retry_backoff_ms integer not null default 0;
alter table task add column retry_on text not null default '[]';

-- Frozen with the run: an edit of the task changes later runs only.
alter table run add column retry_max integer not null default 1;
alter table run add column retry_backoff_ms integer not null default 0;
alter table run add column retry_on text not null default '[]';

-- The client of an earlier attempt whose process nobody has seen end, and that attempt's fence: only this client may
-- take the next attempt, since it ends the older one first. `unproven_until` (steady): from then on others may, too.
alter table execution add column unproven_client text;
alter table execution add column unproven_fence integer;
alter table execution add column unproven_until integer;
-- When the hold of a client that is out of contact has surely ended on both sides; a steady time.
alter table execution add column hold_ends_at integer;
-- Clients that will not do it, as a JSON list of {client, reason}.
alter table execution add column rejected_by text;

create index execution_unproven on execution (unproven_client)
  where unproven_client is not null and ends_at_latest is not null;
create index execution_unproven_end on execution (unproven_until)
  where unproven_until is not null and ends_at_latest is not null;
create index execution_retry on execution (not_before) where state = 'queued' and attempt > 1;
create index execution_rejected on execution (id) where rejected_by is not null and state = 'queued';

-- Attempts that another one followed. The last one stands in the execution's own row. They go with their execution.
create table attempt (
  execution_id text not null references execution (id),
  attempt integer not null,
  fence integer not null,
  client_id text not null,
  ending text not null check (ending in ('failed', 'timed-out', 'lost')),
  reason text not null,
  -- 0: nobody has seen its process end; the server's own limit or the end of hold ended it.
  proved integer not null,
  assigned_at integer,
  started_at integer,
  ended_at integer not null,
  -- The result that was applied, by its fence; null where none came.
  result_fence integer,
  value_json text,
  value_kind text,
  error_json text,
  output_bytes integer,
  output_cut integer,
  value_cut integer,
  digest text,
  primary key (execution_id, attempt)
) strict, without rowid;
