import type { Clock, EpochMs, Ms } from '@octopus/kit/clock.ts'
import { firstOf } from '@octopus/kit/first-of.ts'
import type { Log } from '@octopus/kit/log.ts'
import { createSignal } from '@octopus/kit/signal.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'

import type { ServerBus } from '#live/facts.ts'
import type { SystemStore } from '#live/stats-store.ts'

import { Conduct, type Conducts, type Example } from './conduct.ts'
import type { Offence } from './offence.ts'

interface WatchNeeds {
  readonly store: Pick<SystemStore, 'recordAudit'>
  readonly bus: Pick<ServerBus, 'publish'>
  readonly clock: Clock
  readonly log: Log
  readonly onOutage: (error: unknown) => void
}

/** The first offence is written at once; what follows is summed up for a minute, then two, four, … and an hour at most. */
const SUM_MS_MIN: Ms = 60_000
const SUM_MS_MAX: Ms = 3_600_000

interface Sum {
  readonly client: ClientId
  readonly offence: Offence
  /** Not written yet. */
  count: number
  since: EpochMs
  example: Example
  windowMs: Ms
  dueAt: Ms
}

/** Remembers how clients behave, and tells of offences: each is counted, and the audit trail gets sums. */
export class ConductWatch implements Conducts {
  readonly #needs: WatchNeeds
  readonly #conducts = new Map<ClientId, Conduct>()
  readonly #sums = new Map<string, Sum>()
  readonly #wake = createSignal()

  constructor(needs: WatchNeeds) {
    this.#needs = needs
  }

  of(client: ClientId): Conduct {
    return this.#conducts.getOrInsertComputed(client, () => new Conduct(this.#needs.clock.monotonic()))
  }

  gone(client: ClientId): void {
    if (this.#conducts.get(client)?.isSpotless(this.#needs.clock.monotonic())) this.#conducts.delete(client)
    else this.#wake.wake()
  }

  async offended(client: ClientId, offence: Offence, count: number, example: Example): Promise<void> {
    this.of(client).offend(count, this.#needs.clock.monotonic())
    await this.note(client, offence, count, example)
  }

  async note(client: ClientId, offence: Offence, count: number, example: Example): Promise<void> {
    const { clock, bus } = this.#needs
    bus.publish('client-misbehaved', { client, offence, count })
    const key = `${client} ${offence}`
    const sum = this.#sums.get(key)
    if (sum) {
      if (sum.count === 0) Object.assign(sum, { since: clock.wall(), example })
      sum.count += count
      return
    }
    const windowMs = SUM_MS_MIN
    const fresh: Sum = { client, offence, count, since: clock.wall(), example, windowMs, dueAt: 0 }
    this.#sums.set(key, fresh)
    fresh.dueAt = clock.monotonic() + windowMs
    this.#wake.wake()
    await this.#write(fresh)
  }

  /** Writes what is summed up, when it is time, and forgets what is over. Until the signal; then all of it is written. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, onOutage } = this.#needs
    while (!signal.aborted) {
      const busy = this.#sums.size + this.#conducts.size > 0
      const pause = busy ? [(either: AbortSignal) => clock.after(SUM_MS_MIN, either)] : []
      await firstOf(signal, ...(busy ? [] : [this.#wake.woken]), ...pause)
      if (signal.aborted) break
      await this.#settle().catch(onOutage)
    }
    for (const sum of this.#sums.values()) if (sum.count > 0) await this.#write(sum).catch(onOutage)
  }

  async #settle(): Promise<void> {
    const now = this.#needs.clock.monotonic()
    for (const [client, conduct] of this.#conducts) if (conduct.isSpotless(now)) this.#conducts.delete(client)
    for (const [key, sum] of this.#sums) {
      if (sum.dueAt > now) continue
      if (sum.count === 0) {
        this.#sums.delete(key)
        continue
      }
      await this.#write(sum)
      sum.windowMs = Math.min(SUM_MS_MAX, 2 * sum.windowMs)
      sum.dueAt = now + sum.windowMs
    }
  }

  async #write(sum: Sum): Promise<void> {
    const { store, clock, log } = this.#needs
    const { client, offence, count, since, example } = sum
    sum.count = 0
    log.warn(offence, { client, count, ...example })
    try {
      await store.recordAudit({
        now: clock.wall(),
        actor: { kind: 'client', name: client },
        action: offence,
        subject: client,
        details: JSON.stringify({ count, since, ...example }),
      })
    } catch (error) {
      sum.count += count
      throw error
    }
  }
}
