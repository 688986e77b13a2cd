import type { Clock, Ms } from '@octopus/kit/clock.ts'
import { firstOf } from '@octopus/kit/first-of.ts'
import { createSignal } from '@octopus/kit/signal.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'

import type { ServerBus } from '#live/facts.ts'

import { hasSuperseded, listWithTries, manifestDelta } from './manifest.ts'
import type { Manifest, PluginStore } from './plugin-store.ts'

interface SyncNeeds {
  readonly store: Pick<PluginStore, 'settleManifest'>
  readonly bus: ServerBus
  readonly clock: Clock
  /** Clients that are ready, and what they were told last. */
  readonly receivers: () => Iterable<ManifestReceiver>
  readonly onOutage: (error: unknown) => void
}

/** A client's session as the sync sees it. */
export interface ManifestReceiver {
  readonly client: ClientId
  readonly phase: string
  manifestRevision: number
  sendText(text: string): void
}

const OUTAGE_PAUSE_MS: Ms = 1_000
/** Versions that nothing needs any more are taken out at the latest after this time, */
const TIDY_MS: Ms = 600_000
/** and after this one while there are superseded ones: they fill the disks of all PCs. */
const TIDY_SUPERSEDED_MS: Ms = 10_000

/**
 * Keeps the manifest of every connected client equal to the store's: tells each what changed since it was told last. A
 * client on which a source is tried out is told of it in a whole list of its own, which leaves the revision as it is.
 */
export class PluginSync {
  readonly #needs: SyncNeeds
  readonly #wake = createSignal()
  #current: Manifest | undefined
  /** Clients whose last list had something in it that is tried out there, and what: they have to be told when it goes. */
  readonly #trying = new Map<ClientId, string>()

  constructor(needs: SyncNeeds) {
    this.#needs = needs
  }

  /** Reads the manifest before anybody can connect. */
  async start(): Promise<void> {
    this.#current = await this.#needs.store.settleManifest({ now: this.#needs.clock.wall() })
  }

  /** The manifest that clients are told of now. */
  revision(): number {
    return this.#current?.revision ?? 0
  }

  async run(signal: AbortSignal): Promise<void> {
    const { bus, clock, onOutage } = this.#needs
    const stops = [
      bus.on('plugins-changed', () => this.#wake.wake()),
      // A try that has ended leaves the list at once: its source is nobody's business any more.
      bus.on('touched', ({ runs }) => {
        if (this.#current?.tries.some(({ run }) => runs.includes(run))) this.#wake.wake()
      }),
    ]
    try {
      while (!signal.aborted) {
        const restMs = this.#current && hasSuperseded(this.#current) ? TIDY_SUPERSEDED_MS : TIDY_MS
        await firstOf(signal, this.#wake.woken, (either) => clock.after(restMs, either))
        if (signal.aborted) return
        try {
          await this.#settle()
        } catch (error) {
          onOutage(error)
          await clock.after(OUTAGE_PAUSE_MS, signal).catch(() => {})
          this.#wake.wake()
        }
      }
    } finally {
      for (const stop of stops) stop()
    }
  }

  /** A client has come: it is told what it lacks, if anything. */
  greet(receiver: ManifestReceiver): void {
    const current = this.#current
    if (!current || this.#tellTries(receiver, current, true) || receiver.manifestRevision === current.revision) return
    receiver.sendText(pluginsMessage(undefined, current))
    receiver.manifestRevision = current.revision
  }

  async #settle(): Promise<void> {
    const before = this.#current
    const current = await this.#needs.store.settleManifest({ now: this.#needs.clock.wall() })
    this.#current = current
    const moved = before?.revision !== current.revision
    if (!moved && this.#trying.size === 0 && current.tries.length === 0) return
    // Encoded once for everybody who was told the same before.
    const delta = pluginsMessage(before, current)
    let whole: string | undefined
    for (const receiver of this.#needs.receivers()) {
      if (receiver.phase !== 'ready' || this.#tellTries(receiver, current, moved) || !moved) continue
      if (before && receiver.manifestRevision === before.revision) receiver.sendText(delta)
      else receiver.sendText((whole ??= pluginsMessage(undefined, current)))
      receiver.manifestRevision = current.revision
    }
  }

  /** Tells a client its own whole list if something is, or was, tried out there. False: it is as everybody else. */
  #tellTries(receiver: ManifestReceiver, current: Manifest, moved: boolean): boolean {
    const { client } = receiver
    const entries = listWithTries(current, client)
    const trying = entries.length > current.entries.length
    const said = this.#trying.get(client)
    if (!trying && said === undefined) return false
    const list = JSON.stringify(entries)
    if (!moved && said === list) return true
    receiver.sendText(pluginsMessage(undefined, { ...current, entries }))
    receiver.manifestRevision = current.revision
    if (trying) this.#trying.set(client, list)
    else this.#trying.delete(client)
    return true
  }
}

function pluginsMessage(from: Manifest | undefined, to: Manifest): string {
  return JSON.stringify({ type: 'plugins', ...manifestDelta(from, to) })
}
