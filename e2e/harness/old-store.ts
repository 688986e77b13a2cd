import { DatabaseSync } from 'node:sqlite'

import { migrate, readMigrations } from '@octopus/server/store/sqlite/migrate.ts'

const MIGRATIONS = new URL('../../packages/server/src/store/sqlite/migrations/', import.meta.url)

/** What a store of the first schema holds: `{n}` is a number of three digits. */
const ROWS = `
  insert into user (id, name, name_key, display_name, revision, created_at) values ('u', 'ann', 'ann', 'Ann', 1, 1);
  insert into client (id, name, status, version, public_key, fingerprint, revision, created_at)
    values ('01890000-0000-7000-8000-00000000000c', 'pc', 'approved', '0', 'key', 'print', 1, 1);
  insert into plugin_source (checksum, language, source, size_bytes, actions, doc)
    values ('sum', 'python', 'def run(): pass', 15, '[]', '');
  insert into plugin (name, name_key, version, checksum, revision, updated_at, updated_by)
    values ('old', 'old', 1, 'sum', 1, 1, 'ann');
  insert into plugin_version (plugin, version, checksum, created_at, created_by) values ('old', 1, 'sum', 1, 'ann');
  insert into counter (name, value) values ('fence', 200);
  insert into task (id, name, plugin, action, args_json, kwargs_json, owner, type, timeout_ms, on_disconnect, priority,
      status, outcome, revision, created_at, created_by, total, succeeded)
    with recursive n(i) as (select 0 union all select i + 1 from n where i < 199)
    select printf('01890000-0000-7000-8000-0000000ff%03x', i), 'old ' || i, 'old', 'run', '[]', '{}', 'anyone', 'ad-hoc',
      1000, 'stop', 0, 'completed', 'succeeded', 1, 1, 'ann', 1, 1 from n;
  insert into run (id, task_id, occurrence, due_at, deadline_at, cause_kind, status, outcome, plugin, plugin_version,
      checksum, language, action, args_json, kwargs_json, timeout_ms, on_disconnect, priority, queues, audience_size,
      rows_written, total, succeeded, created_at, ended_at)
    select replace(id, 'ff', 'ee'), id, 'once', 1, 2, 'manual', 'completed', 'succeeded', 'old', 1, 'sum', 'python', 'run',
      '[]', '{}', 1000, 'stop', 0, 0, 1, 1, 1, 1, 1, 2 from task;
  insert into execution (id, run_id, task_id, slot_kind, slot_value, state, reason, client_id, fence, priority, queues,
      language, not_before, timeout_ms, on_disconnect, due_at, deadline_at, queued_at, ended_at, result_fence, value_json,
      value_kind)
    select replace(id, 'ee', 'dd'), id, task_id, 'any', '', 'succeeded', 'finished',
      '01890000-0000-7000-8000-00000000000c', rowid, 0, 0, 'python', 0, 1000, 'stop', 1, 2, 1, 2, rowid, '"done"', 'json'
      from run;
`

/** Makes the database that the first Octopus would have left, with two hundred executions that have succeeded. */
export function makeOldStore(path: string): void {
  const database = new DatabaseSync(path)
  database.exec('pragma auto_vacuum = incremental; pragma journal_mode = wal')
  migrate(database, { migrations: readMigrations(MIGRATIONS).slice(0, 1), now: 1, path })
  database.exec(`begin; ${ROWS} commit; pragma wal_checkpoint(truncate)`)
  database.close()
}

/** The number of the newest step of the schema. */
export function newestSchema(): number {
  return readMigrations(MIGRATIONS).at(-1)?.number ?? 0
}
