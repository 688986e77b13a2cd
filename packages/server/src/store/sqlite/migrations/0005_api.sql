-- breaking: no
-- What the API needs to answer at once however long the history is, and to answer a repeated request only once.

-- What was made under an idempotency key, in the transaction that made it. Deleted a day later, in slices.
create table idempotency_key (
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
-- Deleting what is a day old.
create index idempotency_key_age on idempotency_key (created_at);

-- Equal ends of a run have equal digests.
alter table execution add column digest text;
-- GET /runs/{id}/results, and the executions of one group.
create index execution_by_digest on execution (run_id, digest, id) where digest is not null;
-- GET /executions with a state that is rare and that people look for; what succeeds is not slowed down by these.
create index execution_trouble_by_task on execution (task_id, state, id)
  where state in ('failed', 'timed-out', 'cancelled', 'expired', 'lost', 'skipped');
create index execution_trouble_by_client on execution (client_id, state, id)
  where state in ('failed', 'timed-out', 'cancelled', 'expired', 'lost', 'skipped');
-- GET /executions?user=
create index execution_by_user on execution (slot_value, id) where slot_kind = 'user';

-- GET /runs?outcome=, alone and with a task.
create index run_by_outcome on run (outcome, id) where outcome is not null;
create index run_trouble_by_task on run (task_id, outcome, id)
  where outcome in ('partly-failed', 'failed', 'cancelled', 'expired', 'skipped');

-- GET /tasks by owner, and the repeating ones among very many that were done once.
create index task_by_owner on task (owner, id);
create index task_scheduled on task (id) where type = 'scheduled';

-- Runs over time: how many came to be in each five minutes and in each hour, by what became of them.
create table run_stats (
  grain_ms integer not null,
  at integer not null,
  word text not null
    check (word in ('active', 'succeeded', 'partly-failed', 'failed', 'cancelled', 'expired', 'skipped')),
  runs integer not null,
  primary key (grain_ms, at, word)
) strict, without rowid;
insert into run_stats (grain_ms, at, word, runs)
  select g.ms, r.created_at - r.created_at % g.ms, coalesce(r.outcome, 'active'), count(*)
  from run r, (select 300000 as ms union all select 3600000) g group by 1, 2, 3;

-- GET /audit by who, what and to what; by time the ids are ordered already.
create index audit_by_actor on audit (actor, id);
create index audit_by_action on audit (action, id);
create index audit_by_subject on audit (subject, id);

-- Whom the overview names: clients that fell silent without a goodbye and are not back, clients that wait for approval,
-- and plugins whose last runs all failed.
alter table client add column vanished_at integer;
create index client_vanished on client (vanished_at) where vanished_at is not null;
create index client_by_status on client (status, name, id);
create table plugin_failing (
  plugin text primary key,
  runs integer not null,
  since integer not null,
  last_at integer not null
) strict, without rowid;

-- What can be set while the server runs: one row per group, its values as JSON. No row: the defaults.
create table setting (
  name text primary key,
  value text not null,
  changed_at integer not null,
  changed_by text not null
) strict, without rowid;

-- GET /search: names by any part of three characters or more, or by their beginning. Each kind has a range of ids of
-- its own, so that a kind with many hits does not hide one with few.
create table search_name (
  id integer primary key,
  kind text not null check (kind in ('task', 'plugin', 'client', 'user')),
  ref text not null,
  name text not null,
  name_key text not null,
  unique (kind, ref)
) strict;
create index search_name_key on search_name (kind, name_key, id);
create virtual table search_index
  using fts5 (name, content = 'search_name', content_rowid = 'id', tokenize = 'trigram remove_diacritics 1');

create trigger search_name_made after insert on search_name begin
  insert into search_index (rowid, name) values (new.id, new.name);
end;
create trigger search_name_changed after update on search_name begin
  insert into search_index (search_index, rowid, name) values ('delete', old.id, old.name);
  insert into search_index (rowid, name) values (new.id, new.name);
end;
create trigger search_name_gone after delete on search_name begin
  insert into search_index (search_index, rowid, name) values ('delete', old.id, old.name);
end;

insert into search_name (id, kind, ref, name, name_key)
  select 0 + row_number() over (order by id), 'task', id, name, lower(name) from task;
create trigger task_is_found after insert on task begin
  insert into search_name (id, kind, ref, name, name_key) values (
    (select coalesce(max(id), 0) + 1 from search_name where id between 0 and 999999999999),
    'task', new.id, new.name, lower(new.name));
end;
create trigger task_is_renamed after update of name on task when new.name <> old.name begin
  update search_name set ref = new.id, name = new.name, name_key = lower(new.name) where kind = 'task' and ref = old.id;
end;
create trigger task_is_lost after delete on task begin
  delete from search_name where kind = 'task' and ref = old.id;
end;

insert into search_name (id, kind, ref, name, name_key)
  select 1000000000000 + row_number() over (order by name), 'plugin', name, name, lower(name) from plugin;
create trigger plugin_is_found after insert on plugin begin
  insert into search_name (id, kind, ref, name, name_key) values (
    (select coalesce(max(id), 1000000000000) + 1 from search_name where id between 1000000000000 and 1999999999999),
    'plugin', new.name, new.name, lower(new.name));
end;
create trigger plugin_is_renamed after update of name on plugin when new.name <> old.name begin
  update search_name set ref = new.name, name = new.name, name_key = lower(new.name) where kind = 'plugin' and ref = old.name;
end;
create trigger plugin_is_lost after delete on plugin begin
  delete from search_name where kind = 'plugin' and ref = old.name;
end;

insert into search_name (id, kind, ref, name, name_key)
  select 2000000000000 + row_number() over (order by id), 'client', id, name, lower(name) from client;
create trigger client_is_found after insert on client begin
  insert into search_name (id, kind, ref, name, name_key) values (
    (select coalesce(max(id), 2000000000000) + 1 from search_name where id between 2000000000000 and 2999999999999),
    'client', new.id, new.name, lower(new.name));
end;
create trigger client_is_renamed after update of name on client when new.name <> old.name begin
  update search_name set ref = new.id, name = new.name, name_key = lower(new.name) where kind = 'client' and ref = old.id;
end;
create trigger client_is_lost after delete on client begin
  delete from search_name where kind = 'client' and ref = old.id;
end;

insert into search_name (id, kind, ref, name, name_key)
  select 3000000000000 + row_number() over (order by name), 'user', name, name, lower(name) from user;
create trigger user_is_found after insert on user begin
  insert into search_name (id, kind, ref, name, name_key) values (
    (select coalesce(max(id), 3000000000000) + 1 from search_name where id between 3000000000000 and 3999999999999),
    'user', new.name, new.name, lower(new.name));
end;
create trigger user_is_renamed after update of name on user when new.name <> old.name begin
  update search_name set ref = new.name, name = new.name, name_key = lower(new.name) where kind = 'user' and ref = old.name;
end;
create trigger user_is_lost after delete on user begin
  delete from search_name where kind = 'user' and ref = old.name;
end;
