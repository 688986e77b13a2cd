import { isoOf } from '@octopus/kit/instant.ts'
import type { PluginItem } from '@octopus/protocol/rest/plugins.ts'

import type { Coverage } from './coverage.ts'
import type { PluginRecord } from './plugin-store.ts'

/** A plugin as lists show it. */
export function pluginItem(plugin: PluginRecord, coverage: Coverage): PluginItem {
  return {
    name: plugin.name,
    language: plugin.language,
    version: plugin.version,
    checksum: plugin.checksum,
    sizeBytes: plugin.sizeBytes,
    actions: [...plugin.actions],
    doc: plugin.doc,
    coverage: { have: coverage.have, of: coverage.of },
    problem: plugin.problem,
    updatedAt: isoOf(plugin.updatedAt),
    updatedBy: plugin.updatedBy,
    revision: plugin.revision,
  }
}
