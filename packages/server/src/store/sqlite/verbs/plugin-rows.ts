import type { Checksum } from '@octopus/protocol/ids.ts'
import type { Language } from '@octopus/protocol/work.ts'

import type { PluginRecord, PluginVersionRecord } from '#plugins/plugin-store.ts'
import type { pageOfVersions, selectPlugins } from '#store/sql/plugins.ts'

type RowOf<Query> = Query extends { executeTakeFirstOrThrow: () => Promise<infer Row> } ? Row : never

export function pluginRecord(row: RowOf<ReturnType<typeof selectPlugins>>): PluginRecord {
  return {
    name: row.name,
    language: row.language as Language,
    version: row.version,
    checksum: row.checksum as Checksum,
    sizeBytes: row.size_bytes,
    actions: JSON.parse(row.actions) as PluginRecord['actions'],
    doc: row.doc,
    problem: row.problem,
    updatedAt: row.updated_at,
    updatedBy: row.updated_by,
    deletedAt: row.deleted_at,
    revision: row.revision,
  }
}

export function versionRecord(row: RowOf<ReturnType<typeof pageOfVersions>>): PluginVersionRecord {
  return {
    version: row.version,
    checksum: row.checksum as Checksum,
    language: row.language as Language,
    sizeBytes: row.size_bytes,
    createdAt: row.created_at,
    createdBy: row.created_by,
    current: row.version === row.current_version,
    basedOn: row.based_on,
  }
}
