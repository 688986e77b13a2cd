import type { DatabaseSync } from 'node:sqlite'

/** A store with the plugin `p` and one client that is there, and as many schedules as wanted that repeat every day. */
export function seedSchedules(database: DatabaseSync, count: number): void {
  database.exec(`pragma foreign_keys = off;
    insert into client (id, name, status, version, public_key, fingerprint, session_id, revision, created_at)
      values ('c', 'pc', 'approved', '1', 'k', 'f', 's', 1, 0);
    insert into plugin_source (checksum, language, source, size_bytes, actions, doc) values ('sum', 'python', '', 0, '[]', '');
    insert into plugin (name, name_key, version, checksum, revision, updated_at, updated_by)
      values ('p', 'p', 1, 'sum', 1, 0, 'x');
    insert into task (id, name, plugin, action, args_json, kwargs_json, owner, type, interval_ms, start_at, timeout_ms,
        on_disconnect, priority, status, next_run_at, paused_at, revision, created_at, created_by)
      with recursive n(i) as (select 0 union all select i + 1 from n where i < ${count - 1})
      select printf('%05d', i), 't', 'p', 'run', '[]', '{}', 'anyone', 'scheduled', 86400000, 0, 1, 'stop', 0, 'active',
        iif(i % 2 = 0 or i < 100, 1, 1000000 + i), iif(i % 2 = 0, 1, null), 1, 0, 'x' from n`)
}
