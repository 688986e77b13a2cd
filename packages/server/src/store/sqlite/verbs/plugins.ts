import { present } from '@octopus/kit/assert.ts'
import type { ExecutionId, TaskId } from '@octopus/protocol/ids.ts'
import type { Language } from '@octopus/protocol/work.ts'

import type { DeletedStore } from '#deleting/deleted-store.ts'
import type { PluginRecord, PluginStore } from '#plugins/plugin-store.ts'
import { pageOf } from '#store/sql/page-rows.ts'
import {
  countPlugins,
  countVersions,
  pageOfPlugins,
  pageOfVersions,
  selectPlugins,
  selectVersions,
} from '#store/sql/plugins.ts'
import { writeAudit } from '#store/sqlite/audit.ts'
import { countOf, db, first, many } from '#store/sqlite/queries.ts'
import type { VerbsOf } from '#store/sqlite/tx.ts'

import { pluginRecord, versionRecord } from './plugin-rows.ts'
import { nameKey } from './user-rows.ts'

/** Names of tasks that a refusal to delete lists at most: a person reads them. */
const USERS_NAMED_MAX = 20

export const pluginVerbs: VerbsOf<
  Pick<
    PluginStore,
    | 'recordPluginProblem'
    | 'deletePlugin'
    | 'readPlugin'
    | 'readSource'
    | 'listPlugins'
    | 'listPluginVersions'
    | 'readPluginVersion'
  > &
    Pick<DeletedStore, 'restorePlugin'>
> = {
  recordPluginProblem: (tx, { name, problem }) => {
    tx.run('update plugin set problem = ? where name_key = ? and deleted_at is null', problem, nameKey(name))
  },

  deletePlugin: (tx, { now, actor, name }) => {
    const plugin = tx.get<{ name: string }>(
      'select name from plugin where name_key = ? and deleted_at is null',
      nameKey(name),
    )
    if (!plugin) return null
    const usedBy = tx.all<{ id: TaskId; name: string }>(
      `select id, name from task
        where plugin = ? and status <> 'completed' and deleted_at is null and try_client is null order by id limit ?`,
      plugin.name,
      USERS_NAMED_MAX,
    )
    const triedBy = tx.all<{ id: ExecutionId }>(
      `select e.id from task t join execution e on e.task_id = t.id
        where t.plugin = ? and t.status <> 'completed' and t.try_client is not null order by e.id limit ?`,
      plugin.name,
      USERS_NAMED_MAX,
    )
    if (usedBy.length + triedBy.length > 0) {
      return {
        usedBy: usedBy.map(({ id, name: task }) => ({ id, name: task })),
        triedBy: triedBy.map(({ id }) => id),
      }
    }
    tx.run('update plugin set deleted_at = ?, revision = revision + 1 where name = ?', now, plugin.name)
    writeAudit(tx, { now, actor, action: 'plugin.deleted', subject: plugin.name })
    return { usedBy: [], triedBy: [] }
  },

  restorePlugin: (tx, { now, actor, name, deletedAfter }) => {
    const plugin = tx.get<{ name: string; deleted_at: number | null }>(
      'select name, deleted_at from plugin where name_key = ?',
      nameKey(name),
    )
    if (!plugin || (plugin.deleted_at !== null && plugin.deleted_at < deletedAfter)) return 'no-plugin'
    if (plugin.deleted_at === null) return 'restored'
    tx.run('update plugin set deleted_at = null, revision = revision + 1 where name = ?', plugin.name)
    writeAudit(tx, { now, actor, action: 'plugin.restored', subject: plugin.name })
    return 'restored'
  },

  readPlugin: (tx, { name }) => {
    const live = selectPlugins(db).where('plugin.deleted_at', 'is', null)
    const row = first(tx, live.where('plugin.name_key', '=', nameKey(name)))
    return row ? pluginRecord(row) : null
  },

  readSource: (tx, { checksum }) => {
    const row = tx.get<{ source: string; language: Language }>(
      'select source, language from plugin_source where checksum = ?',
      checksum,
    )
    return row ? { source: row.source, language: row.language } : null
  },

  listPlugins: (tx, request) =>
    pageOf(request, many(tx, pageOfPlugins(db, request, request.deleted === true)), {
      keyOf: (row) => [row.name_key],
      map: pluginRecord,
      total: { value: countOf(tx, countPlugins(db, request.deleted === true)), exact: true },
    }),

  listPluginVersions: (tx, request) =>
    pageOf(request, many(tx, pageOfVersions(db, request.name, request)), {
      keyOf: (row) => [row.version],
      map: versionRecord,
      total: { value: countOf(tx, countVersions(db, request.name)), exact: true },
    }),

  readPluginVersion: (tx, { name, version }) => {
    const row = first(tx, selectVersions(db, name).where('plugin_version.version', '=', version))
    if (!row) return null
    const read = tx.get<{ actions: string; doc: string; source: string }>(
      'select actions, doc, source from plugin_source where checksum = ?',
      row.checksum,
    )
    const { actions, doc, source } = present(read, 'the source of a version')
    return { ...versionRecord(row), actions: JSON.parse(actions) as PluginRecord['actions'], doc, source }
  },
}
