import { present } from '@octopus/kit/assert.ts'
import type { EpochMs } from '@octopus/kit/clock.ts'
import type { Checksum } from '@octopus/protocol/ids.ts'

import type { PluginRecord, PluginStore } from '#plugins/plugin-store.ts'
import type { Actor } from '#store/page.ts'
import { selectPlugins } from '#store/sql/plugins.ts'
import { writeAudit } from '#store/sqlite/audit.ts'
import { db, first } from '#store/sqlite/queries.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'

import { pluginRecord } from './plugin-rows.ts'
import { storeSource } from './plugin-source.ts'
import { nameKey } from './user-rows.ts'

export const publishVerbs: VerbsOf<Pick<PluginStore, 'publishPlugin' | 'setCurrentVersion'>> = {
  publishPlugin: (tx, input) => {
    const { now, actor, name, checksum, onlyIfNew, basedOn } = input
    const stored = find(tx, name)
    if (stored && stored.name !== name) {
      return { outcome: 'name-taken', name: stored.name, isDeleted: stored.deleted_at !== null }
    }
    const live = stored && stored.deleted_at === null ? stored : undefined
    const isCurrent = live?.checksum === checksum
    if (stored && (isCurrent || (onlyIfNew && everHad(tx, name, checksum)))) {
      // The good bytes are back: what was wrong with others is of no interest any more.
      if (isCurrent && stored.problem !== null) tx.run('update plugin set problem = null where name = ?', name)
      return { outcome: 'unchanged', plugin: read(tx, name) }
    }
    const elsewhere = basedOn !== undefined && basedOn !== (live?.checksum ?? null)
    if (elsewhere) return live ? { outcome: 'conflict', plugin: read(tx, name) } : { outcome: 'gone' }
    storeSource(tx, name, input)
    const version = addVersion(tx, { now, actor, name, checksum, basedOn: basedOn ? (live?.version ?? null) : null })
    const details = { version, checksum, ...(stored && !live && { revived: true }) }
    writeAudit(tx, { now, actor, action: 'plugin.published', subject: name, details })
    return { outcome: 'published', plugin: read(tx, name) }
  },

  setCurrentVersion: (tx, { now, actor, name: given, checksum, ifRevision }) => {
    const stored = find(tx, given)
    if (!stored || stored.deleted_at !== null) return { outcome: 'gone' }
    const { name, revision } = stored
    if (revision !== ifRevision) return { outcome: 'stale', revision }
    if (!everHad(tx, name, checksum)) return { outcome: 'no-version' }
    if (stored.checksum === checksum) return { outcome: 'unchanged', plugin: read(tx, name) }
    const version = addVersion(tx, { now, actor, name, checksum, basedOn: stored.version })
    writeAudit(tx, { now, actor, action: 'plugin.rolled-back', subject: name, details: { version, checksum } })
    return { outcome: 'published', plugin: read(tx, name) }
  },
}

interface StoredPlugin {
  readonly name: string
  readonly version: number
  readonly checksum: string
  readonly problem: string | null
  readonly revision: number
  readonly deleted_at: number | null
}

function find(tx: Tx, name: string): StoredPlugin | undefined {
  return tx.get(
    'select name, version, checksum, problem, revision, deleted_at from plugin where name_key = ?',
    nameKey(name),
  )
}

/** The next number, current at once. A plugin that was deleted is back. */
function addVersion(
  tx: Tx,
  made: {
    readonly now: EpochMs
    readonly actor: Actor
    readonly name: string
    readonly checksum: Checksum
    readonly basedOn: number | null
  },
): number {
  const { now, actor, name, checksum, basedOn } = made
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
    'insert into plugin_version (plugin, version, checksum, created_at, created_by, based_on) values (?, ?, ?, ?, ?, ?)',
    name,
    version,
    checksum,
    now,
    actor.name,
    basedOn,
  )
  return version
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
