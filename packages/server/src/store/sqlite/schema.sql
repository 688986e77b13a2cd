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

CREATE TABLE attempt (
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

CREATE TABLE audit (
  id text primary key,
  at integer not null,
  actor_kind text not null,
  actor text not null,
  action text not null,
  subject text not null,
  details text not null
) strict, without rowid;

CREATE INDEX audit_by_action on audit (action, id);

CREATE INDEX audit_by_actor on audit (actor, id);

CREATE INDEX audit_by_subject on audit (subject, id);

CREATE TRIGGER audit_is_never_changed before update on audit begin
  select raise(abort, 'the audit trail is append-only');
end;

CREATE TRIGGER audit_is_only_deleted_when_old before delete on audit
  when old.at >= coalesce((select value from counter where name = 'audit_kept_from'), 0)
begin
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
, deleted_at integer, slots_limit integer, vanished_at integer, hold_ms integer, heartbeat_ms integer) strict, without rowid;

CREATE INDEX client_by_status on client (status, name, id);

CREATE INDEX client_deleted on client (deleted_at) where deleted_at is not null;

CREATE INDEX client_name on client (name, id);

CREATE INDEX client_open_session on client (id) where session_id is not null;

CREATE INDEX client_user on client (user_id) where user_id is not null;

CREATE INDEX client_vanished on client (vanished_at) where vanished_at is not null;

CREATE TRIGGER client_is_found after insert on client begin
  insert into search_name (id, kind, ref, name, name_key) values (
    (select coalesce(max(id), 2000000000000) + 1 from search_name where id between 2000000000000 and 2999999999999),
    'client', new.id, new.name, lower(new.name));
end;

CREATE TRIGGER client_is_lost after delete on client begin
  delete from search_name where kind = 'client' and ref = old.id;
end;

CREATE TRIGGER client_is_renamed after update of name on client when new.name <> old.name begin
  update search_name set ref = new.id, name = new.name, name_key = lower(new.name) where kind = 'client' and ref = old.id;
end;

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
  value_cut integer, unproven_client text, unproven_fence integer, unproven_until integer, hold_ends_at integer, rejected_by text, digest text, started_steady integer, avoided_by text, grace_ends_at integer,
  unique (run_id, slot_kind, slot_value)
) strict;

CREATE INDEX execution_at_client on execution (client_id) where state in ('assigned', 'running', 'disconnected');

CREATE INDEX execution_by_client on execution (client_id, id) where client_id is not null;

CREATE INDEX execution_by_digest on execution (run_id, digest, id) where digest is not null;

CREATE INDEX execution_by_state on execution (state, id);

CREATE INDEX execution_by_task on execution (task_id, id);

CREATE INDEX execution_by_user on execution (slot_value, id) where slot_kind = 'user';

CREATE INDEX execution_open_slot on execution (task_id, slot_kind, slot_value, id) where ends_at_latest is not null;

CREATE INDEX execution_other_end on execution (ends_at_latest) where ends_at_latest is not null and state <> 'queued';

CREATE INDEX execution_out_of_slot on execution (task_id, slot_kind, slot_value)
  where state in ('assigned', 'running', 'disconnected');

CREATE INDEX execution_queued on execution (slot_kind, slot_value, priority desc, id) where state = 'queued';

CREATE INDEX execution_queued_end on execution (ends_at_latest) where state = 'queued';

CREATE INDEX execution_rejected on execution (id) where rejected_by is not null and ends_at_latest is not null;

CREATE INDEX execution_retry on execution (not_before) where state = 'queued' and attempt > 1;

CREATE INDEX execution_trouble_by_client on execution (client_id, state, id)
  where state in ('failed', 'timed-out', 'cancelled', 'expired', 'lost', 'skipped');

CREATE INDEX execution_trouble_by_task on execution (task_id, state, id)
  where state in ('failed', 'timed-out', 'cancelled', 'expired', 'lost', 'skipped');

CREATE INDEX execution_unproven on execution (unproven_client)
  where unproven_client is not null and ends_at_latest is not null;

CREATE INDEX execution_unproven_end on execution (unproven_until)
  where unproven_until is not null and ends_at_latest is not null;

CREATE TABLE hour_stats (
  hour integer primary key,
  succeeded integer not null default 0,
  failed integer not null default 0,
  runs integer not null default 0
) strict;

CREATE TABLE idempotency_key (
  caller text not null,
  key_hash text not null,
  -- Of everything that the request says: the same key with another request is refused.
  request_hash text not null,
  -- Chance for the secrets of the answer, and the answer: sealed, and the key itself, which is not stored, opens them.
  seed text not null,
  -- Outcomes of the verbs that changed something, until the answer is there.
  steps text not null,
  answer text,
  created_at integer not null,
  unique (caller, key_hash)
) strict;

CREATE INDEX idempotency_key_age on idempotency_key (created_at);

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

CREATE TABLE migration (
  number integer primary key, name text not null, checksum text not null, applied_at integer not null
) strict;

CREATE TABLE notice (
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

CREATE INDEX notice_told on notice (last_at) where count <= told;

CREATE INDEX notice_untold on notice (first_at) where count > told;

CREATE TABLE notification_message (
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

CREATE INDEX notification_message_by_state on notification_message (state, id);

CREATE INDEX notification_message_due on notification_message (next_try_at) where state = 'waiting';

CREATE INDEX notification_message_ended on notification_message (ended_at) where ended_at is not null;

CREATE INDEX notification_message_of on notification_message (target_id, id);

CREATE TABLE notification_target (
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

CREATE INDEX plugin_deleted on plugin (deleted_at) where deleted_at is not null;

CREATE TRIGGER plugin_is_found after insert on plugin begin
  insert into search_name (id, kind, ref, name, name_key) values (
    (select coalesce(max(id), 1000000000000) + 1 from search_name where id between 1000000000000 and 1999999999999),
    'plugin', new.name, new.name, lower(new.name));
end;

CREATE TRIGGER plugin_is_lost after delete on plugin begin
  delete from search_name where kind = 'plugin' and ref = old.name;
end;

CREATE TRIGGER plugin_is_renamed after update of name on plugin when new.name <> old.name begin
  update search_name set ref = new.name, name = new.name, name_key = lower(new.name) where kind = 'plugin' and ref = old.name;
end;

CREATE TABLE plugin_failing (
  plugin text primary key,
  runs integer not null,
  since integer not null,
  last_at integer not null
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
  created_by text not null, based_on integer,
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
  ended_at integer, overlap text not null default 'skip', slot_kind text not null default 'any', retry_max integer not null default 1, retry_backoff_ms integer not null default 0, retry_on text not null default '[]', try_client text references client (id),
  unique (task_id, occurrence)
) strict;

CREATE INDEX run_by_outcome on run (outcome, id) where outcome is not null;

CREATE INDEX run_by_status on run (status, id);

CREATE INDEX run_by_task on run (task_id, id);

CREATE INDEX run_open_checksum on run (checksum) where status = 'active';

CREATE INDEX run_open_try on run (try_client) where try_client is not null and status = 'active';

CREATE INDEX run_trouble_by_task on run (task_id, outcome, id)
  where outcome in ('partly-failed', 'failed', 'cancelled', 'expired', 'skipped');

CREATE INDEX run_try_client on run (try_client) where try_client is not null;

CREATE INDEX run_unwritten on run (id) where audience_left is not null;

CREATE TABLE run_stats (
  grain_ms integer not null,
  at integer not null,
  word text not null
    check (word in ('active', 'succeeded', 'partly-failed', 'failed', 'cancelled', 'expired', 'skipped')),
  runs integer not null,
  primary key (grain_ms, at, word)
) strict, without rowid;

CREATE VIRTUAL TABLE search_index
  using fts5 (name, content = 'search_name', content_rowid = 'id', tokenize = 'trigram remove_diacritics 1');

CREATE TABLE 'search_index_config'(k PRIMARY KEY, v) WITHOUT ROWID;

CREATE TABLE 'search_index_data'(id INTEGER PRIMARY KEY, block BLOB);

CREATE TABLE 'search_index_docsize'(id INTEGER PRIMARY KEY, sz BLOB);

CREATE TABLE 'search_index_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;

CREATE TABLE search_name (
  id integer primary key,
  kind text not null check (kind in ('task', 'plugin', 'client', 'user')),
  ref text not null,
  name text not null,
  name_key text not null,
  unique (kind, ref)
) strict;

CREATE INDEX search_name_key on search_name (kind, name_key, id);

CREATE TRIGGER search_name_changed after update on search_name begin
  insert into search_index (search_index, rowid, name) values ('delete', old.id, old.name);
  insert into search_index (rowid, name) values (new.id, new.name);
end;

CREATE TRIGGER search_name_gone after delete on search_name begin
  insert into search_index (search_index, rowid, name) values ('delete', old.id, old.name);
end;

CREATE TRIGGER search_name_made after insert on search_name begin
  insert into search_index (rowid, name) values (new.id, new.name);
end;

CREATE TABLE setting (
  name text primary key,
  value text not null,
  changed_at integer not null,
  changed_by text not null
) strict, without rowid;

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
, cron text, time_zone text, catch_up text not null default 'last' check (catch_up in ('none', 'last', 'all')), overlap text not null default 'skip'
  check (overlap in ('skip', 'queue', 'allow', 'cancel-previous')), paused_at integer, missed_from integer, missed_to integer, missed_last_count integer, missed_reason text, retry_max integer not null default 1, retry_backoff_ms integer not null default 0, retry_on text not null default '[]', deleted_at integer, try_client text references client (id), outcome_run text) strict;

CREATE INDEX task_by_owner on task (owner, id);

CREATE INDEX task_by_plugin on task (plugin, id);

CREATE INDEX task_by_status on task (status, id);

CREATE INDEX task_by_user on task (user_id) where user_id is not null;

CREATE INDEX task_deleted on task (deleted_at) where deleted_at is not null;

CREATE INDEX task_due on task (next_run_at) where next_run_at is not null and paused_at is null;

CREATE INDEX task_scheduled on task (id) where type = 'scheduled';

CREATE INDEX task_schedules on task (id) where type = 'scheduled' and next_run_at is not null;

CREATE INDEX task_try_client on task (try_client) where try_client is not null;

CREATE TRIGGER task_is_found after insert on task begin
  insert into search_name (id, kind, ref, name, name_key) values (
    (select coalesce(max(id), 0) + 1 from search_name where id between 0 and 999999999999),
    'task', new.id, new.name, lower(new.name));
end;

CREATE TRIGGER task_is_lost after delete on task begin
  delete from search_name where kind = 'task' and ref = old.id;
end;

CREATE TRIGGER task_is_renamed after update of name on task when new.name <> old.name begin
  update search_name set ref = new.id, name = new.name, name_key = lower(new.name) where kind = 'task' and ref = old.id;
end;

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
, deleted_at integer) strict, without rowid;

CREATE INDEX user_deleted on user (deleted_at) where deleted_at is not null;

CREATE TRIGGER user_is_found after insert on user begin
  insert into search_name (id, kind, ref, name, name_key) values (
    (select coalesce(max(id), 3000000000000) + 1 from search_name where id between 3000000000000 and 3999999999999),
    'user', new.name, new.name, lower(new.name));
end;

CREATE TRIGGER user_is_lost after delete on user begin
  delete from search_name where kind = 'user' and ref = old.name;
end;

CREATE TRIGGER user_is_renamed after update of name on user when new.name <> old.name begin
  update search_name set ref = new.name, name = new.name, name_key = lower(new.name) where kind = 'user' and ref = old.name;
end;

CREATE TABLE web_session (
  hash text primary key,
  user_id text not null references user (id),
  created_at integer not null,
  last_used_at integer not null,
  expires_at integer not null
) strict, without rowid;

CREATE INDEX web_session_user on web_session (user_id);

-- output.db

CREATE TABLE migration (
  number integer primary key, name text not null, checksum text not null, applied_at integer not null
) strict;

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
, stored_at integer not null default 0) strict, without rowid;

CREATE INDEX output_head_stored on output_head (stored_at);

