import { isoOf, isoOrNull } from '@octopus/kit/instant.ts'
import type { PluginItem, PluginVersionItem } from '@octopus/protocol/rest/plugins.ts'
import type { AnswerOf } from '@octopus/protocol/rest/route-types.ts'

import type { Coverage } from './coverage.ts'
import type { InboxProblem } from './inbox.ts'
import type { ListedVersion, PluginRecord, PluginVersionDetail, PluginVersionRecord } from './plugin-store.ts'

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
    deletedAt: isoOrNull(plugin.deletedAt),
    revision: plugin.revision,
  }
}

export function inboxProblem({ file, problem, since }: InboxProblem): AnswerOf<'listPlugins'>['inboxProblems'][number] {
  return { file, problem, since: isoOf(since) }
}

/** A version as the list of versions shows it. */
export function versionItem(one: PluginVersionRecord): PluginVersionItem {
  return {
    version: one.version,
    checksum: one.checksum,
    language: one.language,
    sizeBytes: one.sizeBytes,
    createdAt: isoOf(one.createdAt),
    createdBy: one.createdBy,
    state: one.current ? 'current' : 'superseded',
    basedOn: one.basedOn,
  }
}

export function versionAnswer(one: PluginVersionDetail): AnswerOf<'getPluginVersion'> {
  return { ...versionItem(one), actions: [...one.actions], doc: one.doc, source: one.source }
}

export function listedVersion(one: ListedVersion): AnswerOf<'getPluginSync'>['versions'][number] {
  const { version, checksum, current, have, openRuns } = one
  return { version, checksum, state: current ? 'current' : 'superseded', have, openRuns }
}
