import type { EpochMs } from '@octopus/kit/clock.ts'
import type { ManifestEntry } from '@octopus/protocol/from-server.ts'
import type { Checksum, ClientId, ExecutionId, RunId, TaskId } from '@octopus/protocol/ids.ts'
import type { Action } from '@octopus/protocol/rest/plugins.ts'
import type { Language } from '@octopus/protocol/work.ts'

import type { Actor, Page, PageRequest } from '#store/page.ts'

/** A plugin with its current version. */
export interface PluginRecord {
  readonly name: string
  readonly language: Language
  readonly version: number
  readonly checksum: Checksum
  readonly sizeBytes: number
  readonly actions: readonly Action[]
  readonly doc: string
  readonly problem: string | null
  readonly updatedAt: EpochMs
  readonly updatedBy: string
  readonly deletedAt: EpochMs | null
  readonly revision: number
}

export interface PluginVersionRecord {
  readonly version: number
  readonly checksum: Checksum
  readonly language: Language
  readonly sizeBytes: number
  readonly createdAt: EpochMs
  readonly createdBy: string
  readonly current: boolean
  /** The version that its author saw before; null where nobody said. */
  readonly basedOn: number | null
}

export interface PluginVersionDetail extends PluginVersionRecord {
  readonly actions: readonly Action[]
  readonly doc: string
  readonly source: string
}

/** A version that the manifest lists. */
export interface ListedVersion {
  readonly version: number
  readonly checksum: Checksum
  readonly current: boolean
  /** Of the approved clients that are connected. */
  readonly have: number
  readonly openRuns: number
}

/** The list of plugin versions that clients must have, and its number, which rises with every change. */
export interface Manifest {
  readonly revision: number
  readonly entries: readonly ManifestEntry[]
  /** Sources that are being tried out: listed to one client each, and to nobody else. */
  readonly tries: readonly { readonly run: RunId; readonly client: ClientId; readonly entry: ManifestEntry }[]
}

export type PublishOutcome =
  | { readonly outcome: 'published' | 'unchanged'; readonly plugin: PluginRecord }
  /** Another plugin has this name in other letters. */
  | { readonly outcome: 'name-taken'; readonly name: string; readonly isDeleted: boolean }
  /** Another version than the one that this was based on is current. */
  | { readonly outcome: 'conflict'; readonly plugin: PluginRecord }
  /** It was based on a version of a plugin that is no more. */
  | { readonly outcome: 'gone' }

export type RollBackOutcome =
  | { readonly outcome: 'published' | 'unchanged'; readonly plugin: PluginRecord }
  | { readonly outcome: 'gone' }
  | { readonly outcome: 'no-version' }
  | { readonly outcome: 'stale'; readonly revision: number }

export interface PluginStore {
  /** Makes a version and makes it current, in one transaction. The bytes that are current already change nothing. */
  publishPlugin(input: {
    readonly now: EpochMs
    readonly actor: Actor
    readonly name: string
    readonly language: Language
    readonly source: string
    readonly checksum: Checksum
    readonly actions: readonly Action[]
    readonly doc: string
    /** True: do nothing if the plugin has ever had these bytes (a file found in the inbox at start). */
    readonly onlyIfNew: boolean
    /** Premise: the checksum that is current, null for none. Left out: whatever is. */
    readonly basedOn?: Checksum | null | undefined
  }): Promise<PublishOutcome>
  /** Makes bytes that the plugin ever had current again, under a new number. Of two at once, one is stale. */
  setCurrentVersion(input: {
    readonly now: EpochMs
    readonly actor: Actor
    readonly name: string
    readonly checksum: Checksum
    readonly ifRevision: number
  }): Promise<RollBackOutcome>
  /** What keeps the newest source from being published, shown until a version is published; null: nothing does any more. */
  recordPluginProblem(input: {
    readonly now: EpochMs
    readonly name: string
    readonly problem: string | null
  }): Promise<void>
  /** Null: no such plugin. Otherwise what uses it and has not ended, the first ones; deleted if there are none. */
  deletePlugin(input: { readonly now: EpochMs; readonly actor: Actor; readonly name: string }): Promise<{
    readonly usedBy: readonly { readonly id: TaskId; readonly name: string }[]
    /** Executions of tries, which no list of tasks shows. */
    readonly triedBy: readonly ExecutionId[]
  } | null>
  /** Ignoring case. */
  readPlugin(input: { readonly name: string }): Promise<PluginRecord | null>
  readSource(input: {
    readonly checksum: Checksum
  }): Promise<{ readonly source: string; readonly language: Language } | null>
  listPlugins(input: PageRequest & { readonly deleted?: boolean }): Promise<Page<PluginRecord>>
  listPluginVersions(input: PageRequest & { readonly name: string }): Promise<Page<PluginVersionRecord>>
  /** One version of a plugin that is not deleted. */
  readPluginVersion(input: { readonly name: string; readonly version: number }): Promise<PluginVersionDetail | null>
  /** Current versions, and every version that an open execution still needs; what is tried out stands apart. Takes versions out that nothing needs any more. */
  settleManifest(input: { readonly now: EpochMs }): Promise<Manifest>
  /** Approved clients with an open session, and whether they have this version by what they said last. */
  readCoverage(input: { readonly checksum: Checksum }): Promise<{
    readonly have: number
    readonly of: number
    readonly missing: readonly { readonly client: ClientId; readonly name: string; readonly reason: string }[]
  }>
  /** Where the versions of a plugin are: those that the manifest lists, newest first, and who is not connected. */
  readSpread(input: {
    readonly name: string
  }): Promise<{ readonly offline: number; readonly versions: readonly ListedVersion[] }>
}
