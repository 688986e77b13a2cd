import type { Clock, EpochMs, Ms } from '@octopus/kit/clock.ts'
import { firstOf } from '@octopus/kit/first-of.ts'
import type { Log } from '@octopus/kit/log.ts'
import { createSignal } from '@octopus/kit/signal.ts'
import { OctopusError } from '@octopus/protocol/errors.ts'
import { PLUGIN_BYTES_MAX } from '@octopus/protocol/limits.ts'

import type { Actor } from '#store/page.ts'

import type { InboxFile, InboxFolder } from './inbox-folder.ts'
import { pluginOfFile } from './plugin-name.ts'
import type { PluginStore } from './plugin-store.ts'
import { publishPlugin, type PublishNeeds } from './publish-plugin.ts'

export interface InboxNeeds extends PublishNeeds {
  readonly store: Pick<PluginStore, 'publishPlugin' | 'recordPluginProblem'>
  readonly folder: InboxFolder
  readonly clock: Clock
  readonly log: Log
}

/** Why a file in the folder is not published as it is. */
export interface InboxProblem {
  readonly file: string
  readonly problem: string
  readonly since: EpochMs
}

/** An editor writes a file in several steps: it is read when it has been still for so long. */
const STILL_MS: Ms = 300
/** Watching misses changes on some file systems (network drives, containers). */
const LOOK_AGAIN_MS: Ms = 5_000
/** More files are no inbox: the first ones by name are looked at. */
const FILES_MAX = 1_000
/** So many problems are shown: who mends these sees the next ones. */
const PROBLEMS_MAX = 50
/** Of one so much is shown: a sentence may name many files, or hold a part of a source. */
const PROBLEM_CHARACTERS_MAX = 2_000
const ACTOR: Actor = { kind: 'system', name: 'plugins-folder' }

// The mark at the beginning, if there is one, belongs to the bytes that are hashed.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The folder is an inbox, the store is the truth. At the start a file whose bytes the plugin ever had changes nothing
 * (somebody may have rolled back in the dashboard); while running a change publishes. Removing a file removes nothing.
 */
export class PluginInbox {
  readonly #needs: InboxNeeds
  readonly #wake = createSignal()
  /** The stamp of each file as it was dealt with last. */
  readonly #dealtWith = new Map<string, string>()
  /** Files that cannot be published as they are: the problem shown with their plugin is theirs. */
  readonly #refused = new Set<string>()
  /** What is shown of each file, for those too whose plugin nobody ever published. Found again at every start. */
  readonly #problems = new Map<string, InboxProblem>()
  /** The files of each name that several claim, so that each quarrel is told once, and taken back when it is over. */
  #quarrels = new Map<string, readonly string[]>()

  constructor(needs: InboxNeeds) {
    this.#needs = needs
  }

  /** Takes in what is there and new. It waits only if somebody has just written there. */
  async start(signal: AbortSignal): Promise<void> {
    const files = await this.#changedFiles()
    const stillSince = this.#needs.clock.wall() - STILL_MS
    const wasJustWritten = files.some(({ changedAt }) => changedAt > stillSince)
    if (wasJustWritten) await this.#takeStill(files, true, signal)
    else await this.#takeAll(files, true)
  }

  /** What keeps files from being published, the first ones by name. */
  problems(): readonly InboxProblem[] {
    return [...this.#problems.values()].sort((a, b) => (a.file < b.file ? -1 : 1)).slice(0, PROBLEMS_MAX)
  }

  /** Takes in what changes, until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const { folder, clock, log } = this.#needs
    using _watch = folder.watch(() => this.#wake.wake())
    while (!signal.aborted) {
      await firstOf(signal, this.#wake.woken, (either) => clock.after(LOOK_AGAIN_MS, either))
      if (signal.aborted) return
      try {
        const files = await this.#changedFiles()
        if (files.length > 0) await this.#takeStill(files, false, signal)
      } catch (error) {
        if (!signal.aborted) log.warn('plugins folder not read', { error: String(error) })
      }
    }
  }

  /** Takes those that have been still since; what still moves is looked at again. */
  async #takeStill(before: readonly InboxFile[], onlyIfNew: boolean, signal: AbortSignal): Promise<void> {
    await this.#needs.clock.after(STILL_MS, signal)
    const after = await this.#changedFiles()
    const stamps = new Map(before.map(({ name, stamp }) => [name, stamp]))
    const still = after.filter(({ name, stamp }) => stamps.get(name) === stamp)
    if (still.length < after.length) this.#wake.wake()
    await this.#takeAll(still, onlyIfNew)
  }

  /** One after the other, which takes a while with many: what somebody writes to meanwhile is looked at again. */
  async #takeAll(files: readonly InboxFile[], onlyIfNew: boolean): Promise<void> {
    for (const file of files) {
      const outcome = await this.#take(file, onlyIfNew)
      if (outcome === 'moving') this.#wake.wake()
    }
  }

  /** Plugin files that are not as they were dealt with last, without those that quarrel about a name. */
  async #changedFiles(): Promise<readonly InboxFile[]> {
    const files = (await this.#needs.folder.list())
      .filter(({ name }) => pluginOfFile(name) !== undefined)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .slice(0, FILES_MAX)
    const names = new Set(files.map(({ name }) => name))
    for (const name of this.#dealtWith.keys()) if (!names.has(name)) await this.#forget(name)
    const claims = [...Map.groupBy(files, ({ name }) => pluginOfFile(name)?.name.toLowerCase() ?? '')]
    await this.#tellQuarrels(claims.filter(([, claimants]) => claimants.length > 1))
    return claims
      .flatMap(([, claimants]) => (claimants.length === 1 ? claimants : []))
      .filter(({ name, stamp }) => this.#dealtWith.get(name) !== stamp)
  }

  /** What was wrong with a file that is gone is wrong no more. */
  async #forget(file: string): Promise<void> {
    if (this.#refused.has(file)) await this.#show([file], null)
    this.#refused.delete(file)
    this.#dealtWith.delete(file)
  }

  /** Two files of one name: nobody knows which is meant, so neither is taken. */
  async #tellQuarrels(claims: readonly [string, readonly InboxFile[]][]): Promise<void> {
    const now = new Map(
      claims.map(([, claimants]) => {
        const files = claimants.map(({ name }) => name)
        return [files.join(' and '), files] as const
      }),
    )
    for (const [quarrel, files] of this.#quarrels) {
      if (now.has(quarrel)) continue
      await this.#show(files, null)
      // Their own problems were hidden behind the quarrel. Good ones are as they were: to take them once more could
      // undo what somebody published in the dashboard.
      for (const file of files) if (this.#refused.has(file)) this.#dealtWith.delete(file)
    }
    for (const [quarrel, files] of now) {
      if (this.#quarrels.has(quarrel)) continue
      await this.#show(files, `${quarrel} are files of one plugin (case and extension do not count). Keep one of them.`)
    }
    this.#quarrels = now
  }

  async #take(file: InboxFile, onlyIfNew: boolean): Promise<'dealt-with' | 'gone' | 'moving'> {
    const { folder, log } = this.#needs
    const plugin = pluginOfFile(file.name)
    const read = plugin && (await folder.read(file.name, PLUGIN_BYTES_MAX))
    if (!plugin || !read) return 'gone'
    // The first piece of what an editor writes in two often parses, and would be current on all PCs.
    if (read.stamp !== file.stamp) return 'moving'
    try {
      const published = await publishPlugin(this.#needs, { ...plugin, source: textOf(read.bytes), onlyIfNew }, ACTOR)
      this.#refused.delete(file.name)
      if (this.#problems.delete(file.name)) this.#needs.bus.publish('plugins-changed', { name: published.name })
      log.info('plugin file taken', { file: file.name, plugin: published.name, version: published.version })
    } catch (error) {
      // The store may be back in a moment: the file is looked at again.
      if (!(error instanceof OctopusError) || error.status >= 500) throw error
      await this.#show([file.name], `${file.name}: ${error.message}`)
      this.#refused.add(file.name)
    }
    this.#dealtWith.set(file.name, file.stamp)
    return 'dealt-with'
  }

  /** Shows a problem with these files, and with their plugin if there is one; null: there is none any more. */
  async #show(files: readonly string[], problem: string | null): Promise<void> {
    const { store, bus, clock, log } = this.#needs
    for (const file of files) {
      const since = clock.wall()
      if (problem === null) this.#problems.delete(file)
      else this.#problems.set(file, { file, problem: problem.slice(0, PROBLEM_CHARACTERS_MAX), since })
    }
    for (const name of new Set(files.map((file) => pluginOfFile(file)?.name ?? ''))) {
      if (problem !== null) log.warn('plugin file not taken', { plugin: name, problem })
      await store.recordPluginProblem({ now: clock.wall(), name, problem })
      bus.publish('plugins-changed', { name })
    }
  }
}

/** A file that is too long is passed on: the size is refused with its own words. */
function textOf(bytes: Buffer): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new OctopusError('INVALID_PLUGIN', { plugin: 'The file', reason: 'it is not UTF-8 text.' })
  }
}
