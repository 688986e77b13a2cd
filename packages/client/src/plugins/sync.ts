import { fullJitter } from '@octopus/kit/backoff.ts'
import type { Clock, Ms } from '@octopus/kit/clock.ts'
import type { Files } from '@octopus/kit/files.ts'
import type { Log } from '@octopus/kit/log.ts'
import type { Random } from '@octopus/kit/random.ts'
import { createSignal } from '@octopus/kit/signal.ts'
import type { Synced } from '@octopus/protocol/from-client.ts'
import type { ManifestEntry, Plugins } from '@octopus/protocol/from-server.ts'
import type { Checksum } from '@octopus/protocol/ids.ts'
import { PLUGIN_BYTES_MAX } from '@octopus/protocol/limits.ts'

import type { Session } from '#connection/session.ts'

import { fits, PluginCache } from './cache.ts'
import { applied, type Manifest, type PluginState } from './manifest.ts'

/** Versions fetched side by side: enough to hide the latency, few enough for a thousand clients at once. */
const FETCHES_MAX = 4
/** A version whose bytes were wrong so often is not waited for: work that needs it is rejected as `plugin-unverified`. */
const WRONG_BYTES_MAX = 3
/** One that cannot be fetched for so long is not waited for: work that needs it goes back, as other PCs may have it. */
const FAILING_AFTER_MS: Ms = 60_000
const RETRY = { baseMs: 1_000, capMs: 60_000 } as const

/** Fetches a plugin's bytes by HTTP. Reads no more than `sizeBytes`; rejects when there is more, less or nothing. */
export type FetchPlugin = (
  wanted: { readonly checksum: Checksum; readonly sizeBytes: number; readonly downloadToken: string },
  signal: AbortSignal,
) => Promise<Buffer>

/** Keeps on the disk exactly the versions that the manifest lists. */
export interface PluginSync {
  revision(): number
  stateOf(checksum: Checksum): PluginState
  load(checksum: Checksum): Promise<Buffer | undefined>
  /** Answers false if the message came in the wrong order: what is listed can be learned from a whole list only. */
  apply(session: Session, message: Plugins): boolean
  /** A session is there: what is missing can be fetched, and the server wants to hear what is. */
  sessionReady(session: Session): void
  run(signal: AbortSignal): Promise<void>
}

export interface PluginSyncNeeds {
  readonly files: Files
  readonly folder: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly fetchPlugin: FetchPlugin
  /** A version became ready, or will not. */
  changed(): void
}

export async function openPluginSync(needs: PluginSyncNeeds): Promise<PluginSync> {
  const cache = new PluginCache(needs.files, needs.folder)
  const sync = new Sync(needs, cache, await cache.open())
  return {
    revision: () => sync.manifest.revision,
    stateOf: (checksum) => sync.stateOf(checksum),
    load: (checksum) => sync.load(checksum),
    apply: (session, message) => sync.apply(session, message),
    sessionReady: (session) => sync.sessionReady(session),
    run: (signal) => sync.run(signal),
  }
}

interface Trouble {
  readonly reason: string
  readonly tries: number
  /** When the first try began. */
  readonly sinceMs: Ms
  /** It has gone on for so long that nobody waits for its end. */
  readonly isLasting: boolean
  /** How often in a row the bytes were the wrong ones. */
  readonly wrong: number
  readonly againMs: Ms
}

class Sync {
  manifest: Manifest
  readonly #needs: PluginSyncNeeds
  readonly #cache: PluginCache
  readonly #ready = new Set<Checksum>()
  readonly #troubles = new Map<Checksum, Trouble>()
  readonly #wake = createSignal()
  #session: Session | undefined
  /** The session in which the list was told. */
  #toldIn: Session | undefined
  #said = ''
  /** As it is on the disk: a list may change and keep its revision when something is tried out here. */
  #written: Manifest

  constructor(needs: PluginSyncNeeds, cache: PluginCache, manifest: Manifest) {
    this.#needs = needs
    this.#cache = cache
    this.manifest = manifest
    this.#written = manifest
  }

  stateOf(checksum: Checksum): PluginState {
    if (!this.manifest.entries.has(checksum)) return 'unlisted'
    if (this.#ready.has(checksum)) return 'ready'
    const trouble = this.#troubles.get(checksum)
    if ((trouble?.wrong ?? 0) >= WRONG_BYTES_MAX) return 'unverified'
    return trouble?.isLasting === true ? 'failing' : 'fetching'
  }

  async load(checksum: Checksum): Promise<Buffer | undefined> {
    const entry = this.manifest.entries.get(checksum)
    if (entry === undefined) return undefined
    const { bytes, tampered } = await this.#cache.read(entry)
    if (bytes !== undefined) return bytes
    // The list has changed meanwhile, and nobody wants it any more.
    if (!this.manifest.entries.has(checksum)) return undefined
    this.#ready.delete(checksum)
    const reason = tampered ? 'the file on the disk was changed' : 'the file on the disk is gone'
    this.#needs.log.warn('plugin-tampered', { plugin: entry.name, checksum, reason })
    const sinceMs = this.#needs.clock.monotonic()
    this.#troubles.set(checksum, { reason, tries: 0, sinceMs, isLasting: false, wrong: 0, againMs: 0 })
    this.#say()
    this.#wake.wake()
    return undefined
  }

  apply(session: Session, message: Plugins): boolean {
    const before = this.manifest
    // Numbers do not fall in a session; in a new one the server may be one that was set back.
    const isStale = message.from === null && message.revision < before.revision && this.#toldIn === session
    const after = isStale ? undefined : applied(before, message)
    if (after === undefined) {
      // Whoever names no revision is told the whole list when the next session begins.
      this.manifest = { ...before, revision: 0 }
      this.#wake.wake()
      return false
    }
    if (after === before) return true
    this.manifest = after
    this.#toldIn = session
    for (const known of [this.#ready, this.#troubles]) {
      for (const checksum of known.keys()) if (!this.manifest.entries.has(checksum)) known.delete(checksum)
    }
    this.#wake.wake()
    this.#needs.changed()
    return true
  }

  sessionReady(session: Session): void {
    this.#session = session
    this.#said = ''
    for (const [checksum, trouble] of this.#troubles) this.#troubles.set(checksum, { ...trouble, againMs: 0 })
    this.#wake.wake()
  }

  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      const wait = await this.#pass(signal).catch((error: unknown) => {
        signal.throwIfAborted()
        this.#needs.log.error('plugin-sync-failed', { error: String(error) })
        return RETRY.capMs
      })
      const enough = new AbortController()
      const both = AbortSignal.any([signal, enough.signal])
      const retry = wait === undefined ? [] : [this.#needs.clock.after(wait, both)]
      await Promise.race([this.#wake.woken(both), ...retry]).finally(() => enough.abort(new Error('enough')))
    }
  }

  /** Looks at everything once. Answers when something is to be tried again. */
  async #pass(signal: AbortSignal): Promise<Ms | undefined> {
    const manifest = this.manifest
    const isWritten = manifest === this.#written || (await this.#write(manifest))
    const lacking = [...manifest.entries.values()].filter((entry) => !this.#ready.has(entry.checksum))
    const lanes = Array.from({ length: FETCHES_MAX }, async () => {
      for (let entry = lacking.shift(); entry !== undefined; entry = lacking.shift()) await this.#obtain(entry, signal)
    })
    await Promise.all(lanes)
    if (manifest !== this.manifest) return 0
    this.#say()
    const now = this.#needs.clock.monotonic()
    // What is due was tried just now: never at once again, whatever stands there.
    const agains = [...this.#troubles.values()].map((trouble) => Math.max(RETRY.baseMs, trouble.againMs - now))
    if (!isWritten) agains.push(RETRY.capMs)
    return agains.length > 0 && this.#session?.signal.aborted === false ? Math.min(...agains) : undefined
  }

  /** A folder that refuses the list refuses the versions too: each is reported as missing, and what is there can run. */
  async #write(manifest: Manifest): Promise<boolean> {
    try {
      await this.#cache.writeManifest(manifest)
    } catch (error) {
      this.#needs.log.error('plugin-list-not-written', { error: String(error) })
      return false
    }
    this.#written = manifest
    await this.#cache.prune(manifest)
    return true
  }

  async #obtain(entry: ManifestEntry, signal: AbortSignal): Promise<void> {
    const { checksum } = entry
    const trouble = this.#troubles.get(checksum)
    const { bytes, tampered } = await this.#cache.read(entry)
    if (bytes !== undefined) return this.#obtained(entry)
    if (tampered && !trouble) this.#needs.log.warn('plugin-tampered', { plugin: entry.name, checksum })
    const session = this.#session
    if (!session || session.signal.aborted || this.#needs.clock.monotonic() < (trouble?.againMs ?? 0)) return
    const beganMs = this.#needs.clock.monotonic()
    try {
      await this.#cache.install(checksum, await this.#fetch(entry, session, signal))
      this.#obtained(entry)
    } catch (error) {
      signal.throwIfAborted()
      // The list has changed meanwhile, and nobody wants it any more.
      if (!this.manifest.entries.has(checksum)) return
      const reason = error instanceof Error ? error.message : String(error)
      const tries = (trouble?.tries ?? 0) + 1
      const wrong = error instanceof WrongBytes ? (trouble?.wrong ?? 0) + 1 : 0
      const nowMs = this.#needs.clock.monotonic()
      const sinceMs = trouble?.sinceMs ?? beganMs
      const isLasting = nowMs - sinceMs >= FAILING_AFTER_MS
      const againMs = nowMs + RETRY.baseMs + fullJitter(this.#needs.random, tries, RETRY)
      this.#troubles.set(checksum, { reason, tries, sinceMs, isLasting, wrong, againMs })
      this.#needs.log.warn('plugin-not-fetched', { plugin: entry.name, checksum, reason, tries })
      if (wrong >= WRONG_BYTES_MAX || isLasting) this.#needs.changed()
    }
  }

  async #fetch(entry: ManifestEntry, session: Session, signal: AbortSignal): Promise<Buffer> {
    const { checksum, sizeBytes } = entry
    if (sizeBytes > PLUGIN_BYTES_MAX) throw new WrongBytes(`${sizeBytes} bytes are more than a plugin may have`)
    const both = AbortSignal.any([signal, session.signal])
    const bytes = await this.#needs.fetchPlugin({ checksum, sizeBytes, downloadToken: session.downloadToken }, both)
    if (!fits(bytes, entry)) throw new WrongBytes(`the server sent ${bytes.length} bytes with another checksum`)
    return bytes
  }

  #obtained(entry: ManifestEntry): void {
    this.#troubles.delete(entry.checksum)
    if (this.manifest.entries.has(entry.checksum)) this.#ready.add(entry.checksum)
    this.#needs.changed()
  }

  /** Tells the server what is there, once per change and session. */
  #say(): void {
    const session = this.#session
    if (!session || session.signal.aborted || this.manifest.revision === 0) return
    const missing = [...this.manifest.entries.keys()]
      .filter((checksum) => !this.#ready.has(checksum))
      .map((checksum) => ({
        checksum,
        reason: (this.#troubles.get(checksum)?.reason ?? 'not fetched yet').slice(0, 1_000),
      }))
    const message: Synced = { type: 'synced', revision: this.manifest.revision, missing }
    const text = JSON.stringify(message)
    if (text === this.#said) return
    this.#said = text
    session.outbox.synced(message)
  }
}

/** What the server sent is not the plugin: waiting longer may not help. */
class WrongBytes extends Error {
  override name = 'WrongBytes'
}
