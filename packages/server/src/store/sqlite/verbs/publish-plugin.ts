import { Buffer } from 'node:buffer'

import { present } from '@octopus/kit/assert.ts'
import { refusal } from '@octopus/protocol/errors.ts'

import type { PluginRecord, PluginStore } from '#plugins/plugin-store.ts'
import { selectPlugins } from '#store/sql/plugins.ts'
import { writeAudit } from '#store/sqlite/audit.ts'
import { db, first } from '#store/sqlite/queries.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'

import { pluginRecord } from './plugin-rows.ts'
import { nameKey } from './user-rows.ts'

type PublishInput = Parameters<PluginStore['publishPlugin']>[0]

export const publishVerbs: VerbsOf<Pick<PluginStore, 'publishPlugin'>> = {
  publishPlugin: (tx, input) => {
    const { now, actor, name, checksum, onlyIfNew } = input
    const stored = tx.get<{ name: string; checksum: string; problem: string | null; deleted_at: number | null }>(
      'select name, checksum, problem, deleted_at from plugin where name_key = ?',
      nameKey(name),
    )
    if (stored && stored.name !== name) return { outcome: 'name-taken', name: stored.name }
    const isCurrent = stored?.checksum === checksum && stored.deleted_at === null
    if (stored && (isCurrent || (onlyIfNew && everHad(tx, name, checksum)))) {
      // The good bytes are back: what was wrong with others is of no interest any more.
      if (isCurrent && stored.problem !== null) tx.run('update plugin set problem = null where name = ?', name)
      return { outcome: 'unchanged', plugin: read(tx, name) }
    }
    storeSource(tx, input)
    const version = 1 + lastVersion(tx, name)
    tx.run(
      `insert into plugin (name, name_key, version, checksum, revision, updated_at, updated_by)
        values (?, ?, ?, ?, 1, ?, ?)
        on conflict (name) do update set version = excluded.version, checksum = excluded.checksum, problem = null,
          revision = revision + 1, updated_at = excluded.updated_at, updated_by = excluded.updated_by, deleted_at = null`,
      name,
      nameKey(name),
      version,
      checksum,
      now,
      actor.name,
    )
    tx.run(
      'insert into plugin_version (plugin, version, checksum, created_at, created_by) values (?, ?, ?, ?, ?)',
      name,
      version,
      checksum,
      now,
      actor.name,
    )
    writeAudit(tx, { now, actor, action: 'plugin.published', subject: name, details: { version, checksum } })
    return { outcome: 'published', plugin: read(tx, name) }
  },
}

/** Bytes are stored once, whichever plugins have them; what was read out of them may be read better by a newer server. */
function storeSource(tx: Tx, { name, language, source, checksum, actions, doc }: PublishInput): void {
  const known = tx.get<{ language: string }>('select language from plugin_source where checksum = ?', checksum)
  if (known && known.language !== language) {
    const reason = `the same bytes are stored as a ${known.language} plugin. Add a comment to the ${language} one.`
    throw refusal('INVALID_PLUGIN', { plugin: name, reason })
  }
  tx.run(
    `insert into plugin_source (checksum, language, source, size_bytes, actions, doc) values (?, ?, ?, ?, ?, ?)
      on conflict (checksum) do update set actions = excluded.actions, doc = excluded.doc`,
    checksum,
    language,
    source,
    Buffer.byteLength(source),
    JSON.stringify(actions),
    doc,
  )
}

function everHad(tx: Tx, name: string, checksum: string): boolean {
  return tx.get('select 1 from plugin_version where plugin = ? and checksum = ?', name, checksum) !== undefined
}

function lastVersion(tx: Tx, name: string): number {
  const sql = 'select coalesce(max(version), 0) as version from plugin_version where plugin = ?'
  return tx.get<{ version: number }>(sql, name)?.version ?? 0
}

function read(tx: Tx, name: string): PluginRecord {
  return pluginRecord(present(first(tx, selectPlugins(db).where('plugin.name', '=', name)), `plugin ${name}`))
}
