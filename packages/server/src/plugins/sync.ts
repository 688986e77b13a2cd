import type { Clock, Ms } from '@octopus/kit/clock.ts'
import { firstOf } from '@octopus/kit/first-of.ts'
import { createSignal } from '@octopus/kit/signal.ts'

import type { ServerBus } from '#live/facts.ts'

import { manifestDelta } from './manifest.ts'
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
  readonly phase: string
  manifestRevision: number
  sendText(text: string): void
}

const OUTAGE_PAUSE_MS: Ms = 1_000
/** Superseded versions that nothing needs any more are taken out at the latest after this time. */
const TIDY_MS: Ms = 600_000

/** Keeps the manifest of every connected client equal to the store's: tells each what changed since it was told last. */
export class PluginSync {
  readonly #needs: SyncNeeds
  readonly #wake = createSignal()
  #current: Manifest | undefined

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
    const stop = bus.on('plugins-changed', () => this.#wake.wake())
    try {
      while (!signal.aborted) {
        await firstOf(signal, this.#wake.woken, (either) => clock.after(TIDY_MS, either))
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
      stop()
    }
  }

  /** A client has come: it is told what it lacks, if anything. */
  greet(receiver: ManifestReceiver): void {
    const current = this.#current
    if (!current || receiver.manifestRevision === current.revision) return
    receiver.sendText(pluginsMessage(undefined, current))
    receiver.manifestRevision = current.revision
  }

  async #settle(): Promise<void> {
    const before = this.#current
    const current = await this.#needs.store.settleManifest({ now: this.#needs.clock.wall() })
    if (before && before.revision === current.revision) return
    this.#current = current
    // Encoded once for everybody who was told the same before.
    const delta = pluginsMessage(before, current)
    let whole: string | undefined
    for (const receiver of this.#needs.receivers()) {
      if (receiver.phase !== 'ready') continue
      if (before && receiver.manifestRevision === before.revision) receiver.sendText(delta)
      else receiver.sendText((whole ??= pluginsMessage(undefined, current)))
      receiver.manifestRevision = current.revision
    }
  }
}

function pluginsMessage(from: Manifest | undefined, to: Manifest): string {
  return JSON.stringify({ type: 'plugins', ...manifestDelta(from, to) })
}
