-- Written by tools/schema-dump.ts from the migrations; a test compares. Change a migration, then write it again.

-- octopus.db

CREATE TABLE api_token (
  id text primary key,
  hash text not null unique,
  prefix text not null,
  user_id text not null references user (id),
  name text not null,
  role text not null,
  created_at integer not null,
  expires_at integer not null,
  last_used_at integer,
  revoked_at integer
) strict, without rowid;

CREATE INDEX api_token_user on api_token (user_id, id);

CREATE TABLE audit (
  id text primary key,
  at integer not null,
  actor_kind text not null,
  actor text not null,
  action text not null,
  subject text not null,
  details text not null
) strict, without rowid;

CREATE TRIGGER audit_is_never_changed before update on audit begin
  select raise(abort, 'the audit trail is append-only');
end;

CREATE TRIGGER audit_is_never_deleted before delete on audit begin
  select raise(abort, 'the audit trail is append-only');
end;

CREATE TABLE client (
  id text primary key,
  name text not null,
  user_id text references user (id),
  status text not null check (status in ('pending', 'approved', 'revoked')),
  draining integer not null default 0,
  labels text not null default '[]',
  version text not null,
  public_key text not null unique,
  fingerprint text not null,
  reported text,
  runtimes text not null default '[]',
  slots integer,
  boot_id text,
  -- The session that has not ended; null when there is none.
  session_id text,
  session_began_at integer,
  last_seen_at integer,
  journal_id text,
  -- The highest sequence number of that journal which a result has brought.
  journal_seq integer not null default 0,
  manifest_revision integer not null default 0,
  missing text not null default '[]',
  revision integer not null,
  created_at integer not null
) strict, without rowid;

CREATE INDEX client_name on client (name, id);

CREATE INDEX client_open_session on client (id) where session_id is not null;

CREATE INDEX client_user on client (user_id) where user_id is not null;

CREATE TABLE counter (
  name text primary key,
  value integer not null
) strict, without rowid;

CREATE TABLE enrollment_token (
  id text primary key,
  hash text not null unique,
  user_id text references user (id),
  approves integer not null,
  uses_left integer not null check (uses_left >= 0),
  expires_at integer not null,
  created_at integer not null,
  created_by text not null,
  revoked_at integer
) strict, without rowid;

CREATE TABLE execution (
  id text primary key,
  run_id text not null references run (id),
  task_id text not null references task (id),
  slot_kind text not null check (slot_kind in ('client', 'user', 'any')),
  slot_value text not null,
  state text not null,
  reason text,
  client_id text references client (id),
  attempt integer not null default 1,
  fence integer,
  priority integer not null,
  queues integer not null,
  language text not null,
  not_before integer not null,
  -- After a rejection: not this client before `not_before_client_until`.
  avoid_client text,
  avoid_until integer,
  timeout_ms integer not null,
  on_disconnect text not null,
  due_at integer not null,
  deadline_at integer not null,
  queued_at integer not null,
  assigned_at integer,
  started_at integer,
  disconnected_at integer,
  ended_at integer,
  -- When the server alone makes it final; null once it is. A wall time while queued, then a steady one.
  ends_at_latest integer,
  cancel_requested_at integer,
  cancel_reason text,
  -- The result that was applied, by the fence it came with.
  result_fence integer,
  value_json text,
  value_kind text,
  error_json text,
  output_bytes integer,
  output_cut integer,
  value_cut integer,
  unique (run_id, slot_kind, slot_value)
) strict;

CREATE INDEX execution_at_client on execution (client_id) where state in ('assigned', 'running', 'disconnected');

CREATE INDEX execution_by_client on execution (client_id, id) where client_id is not null;

CREATE INDEX execution_by_state on execution (state, id);

CREATE INDEX execution_by_task on execution (task_id, id);

CREATE INDEX execution_open_slot on execution (task_id, slot_kind, slot_value, id) where ends_at_latest is not null;

CREATE INDEX execution_other_end on execution (ends_at_latest) where ends_at_latest is not null and state <> 'queued';

CREATE INDEX execution_queued on execution (slot_kind, slot_value, priority desc, id) where state = 'queued';

CREATE INDEX execution_queued_end on execution (ends_at_latest) where state = 'queued';

CREATE TABLE hour_stats (
  hour integer primary key,
  succeeded integer not null default 0,
  failed integer not null default 0,
  runs integer not null default 0
) strict;

CREATE TABLE late_result (
  execution_id text not null references execution (id),
  fence integer not null,
  attempt integer not null,
  client_id text not null,
  ending text not null,
  reason text not null,
  value_json text,
  value_kind text not null,
  error_json text,
  output_bytes integer not null,
  output_cut integer not null,
  value_cut integer not null,
  received_at integer not null,
  primary key (execution_id, fence)
) strict, without rowid;

CREATE TABLE manifest (
  checksum text primary key references plugin_source (checksum),
  plugin text not null,
  -- The revision that first listed it: who has synced that one has it, unless it says that it is missing.
  since integer not null
) strict, without rowid;

CREATE TABLE meta (
  key text primary key,
  value text not null
) strict, without rowid;

CREATE TABLE migration (number integer primary key, name text not null, applied_at integer not null) strict;

CREATE TABLE one_time_link (
  hash text primary key,
  kind text not null check (kind in ('setup', 'sign-in')),
  user_id text references user (id),
  expires_at integer not null,
  used_at integer
) strict, without rowid;

CREATE TABLE plugin (
  name text primary key,
  name_key text not null unique,
  version integer not null,
  checksum text not null references plugin_source (checksum),
  problem text,
  revision integer not null,
  updated_at integer not null,
  updated_by text not null,
  deleted_at integer
) strict, without rowid;

CREATE TABLE plugin_source (
  checksum text primary key,
  language text not null,
  source text not null,
  size_bytes integer not null,
  actions text not null,
  doc text not null
) strict;

CREATE TABLE plugin_version (
  plugin text not null references plugin (name),
  version integer not null,
  checksum text not null references plugin_source (checksum),
  created_at integer not null,
  created_by text not null,
  primary key (plugin, version)
) strict, without rowid;

CREATE INDEX plugin_version_checksum on plugin_version (checksum);

CREATE TABLE run (
  id text primary key,
  task_id text not null references task (id),
  occurrence text not null,
  due_at integer not null,
  deadline_at integer not null,
  cause_kind text not null check (cause_kind in ('schedule', 'catch-up', 'manual', 'retry')),
  cause_by text,
  cause_of text,
  status text not null check (status in ('active', 'completed')),
  outcome text,
  note text,
  plugin text not null,
  plugin_version integer not null,
  checksum text not null references plugin_source (checksum),
  language text not null,
  action text not null,
  args_json text not null,
  kwargs_json text not null,
  timeout_ms integer not null,
  on_disconnect text not null,
  priority integer not null,
  -- 1: an execution waits until an earlier one of its slot is final, instead of being skipped.
  queues integer not null,
  audience_size integer not null,
  rows_written integer not null,
  -- Slot values that have no row yet, as a JSON list; null when all rows are written.
  audience_left text,
  total integer not null default 0,
  queued integer not null default 0,
  assigned integer not null default 0,
  running integer not null default 0,
  disconnected integer not null default 0,
  succeeded integer not null default 0,
  failed integer not null default 0,
  timed_out integer not null default 0,
  cancelled integer not null default 0,
  expired integer not null default 0,
  lost integer not null default 0,
  skipped integer not null default 0,
  cancel_requested_at integer,
  created_at integer not null,
  ended_at integer,
  unique (task_id, occurrence)
) strict;

CREATE INDEX run_by_status on run (status, id);

CREATE INDEX run_by_task on run (task_id, id);

CREATE INDEX run_open_checksum on run (checksum) where status = 'active';

CREATE INDEX run_unwritten on run (id) where audience_left is not null;

CREATE TABLE task (
  id text primary key,
  name text not null,
  plugin text not null references plugin (name),
  action text not null,
  args_json text not null,
  kwargs_json text not null,
  owner text not null check (owner in ('all', 'anyone', 'user')),
  user_id text references user (id),
  type text not null check (type in ('ad-hoc', 'scheduled')),
  start_at integer,
  end_at integer,
  interval_ms integer,
  timeout_ms integer not null,
  deadline_ms integer,
  on_disconnect text not null check (on_disconnect in ('stop', 'continue')),
  priority integer not null,
  status text not null check (status in ('created', 'active', 'completed')),
  outcome text,
  paused integer not null default 0,
  next_run_at integer,
  -- Occurrences that nobody ran because no server was up.
  missed_count integer not null default 0,
  open_runs integer not null default 0,
  last_run text,
  total integer not null default 0,
  queued integer not null default 0,
  assigned integer not null default 0,
  running integer not null default 0,
  disconnected integer not null default 0,
  succeeded integer not null default 0,
  failed integer not null default 0,
  timed_out integer not null default 0,
  cancelled integer not null default 0,
  expired integer not null default 0,
  lost integer not null default 0,
  skipped integer not null default 0,
  revision integer not null,
  created_at integer not null,
  created_by text not null
) strict;

CREATE INDEX task_by_plugin on task (plugin, id);

CREATE INDEX task_by_status on task (status, id);

CREATE INDEX task_due on task (next_run_at) where next_run_at is not null;

CREATE TABLE total (
  kind text not null,
  word text not null,
  value integer not null,
  primary key (kind, word)
) strict, without rowid;

CREATE TABLE user (
  id text primary key,
  name text not null,
  -- Lower case: names are unique ignoring case.
  name_key text not null unique,
  display_name text not null,
  role text check (role in ('viewer', 'operator', 'admin')),
  password_hash text,
  disabled_at integer,
  revision integer not null,
  created_at integer not null
) strict, without rowid;

CREATE TABLE web_session (
  hash text primary key,
  user_id text not null references user (id),
  created_at integer not null,
  last_used_at integer not null,
  expires_at integer not null
) strict, without rowid;

CREATE INDEX web_session_user on web_session (user_id);

-- output.db

CREATE TABLE migration (number integer primary key, name text not null, applied_at integer not null) strict;

CREATE TABLE output_chunk (
  execution_id text not null,
  fence integer not null,
  at_byte integer not null,
  stream text not null,
  at integer not null,
  text text not null,
  primary key (execution_id, fence, at_byte)
) strict, without rowid;

CREATE TABLE output_head (
  execution_id text primary key,
  attempt integer not null,
  fence integer not null,
  stored_bytes integer not null
) strict, without rowid;

