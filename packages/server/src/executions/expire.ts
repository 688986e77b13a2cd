import type { Clock, EpochMs, Ms } from '@octopus/kit/clock.ts'
import { firstOf } from '@octopus/kit/first-of.ts'
import { createSignal } from '@octopus/kit/signal.ts'

import type { ServerBus } from '#live/facts.ts'

import type { Withheld, ExecutionStore } from './execution-store.ts'

interface ExpireNeeds {
  readonly store: Pick<ExecutionStore, 'endOverdue' | 'readNextEnd'>
  readonly bus: ServerBus
  readonly clock: Clock
  readonly steady: () => EpochMs
  readonly braked: () => Withheld
  readonly onOutage: (error: unknown) => void
}

/** Executions ended in one transaction. */
const ROUND_ROWS = 500
const OUTAGE_PAUSE_MS: Ms = 1_000

/**
 * The loop that makes executions final whose time is over, with nobody's help. It sleeps until the next end that is
 * stored; a write of an earlier one wakes it.
 */
export async function expireOverdue(needs: ExpireNeeds, signal: AbortSignal): Promise<void> {
  const { store, bus, clock, steady, braked, onOutage } = needs
  const wake = createSignal()
  let sleepsUntil: Ms = Infinity
  /** By the wall clock, which may be set meanwhile: what ends later by one clock can be due before by the other. */
  let queuedUntil: EpochMs = Infinity
  const stops = [
    bus.on('touched', ({ endsInMs }) => {
      if (endsInMs === null) return
      if (clock.monotonic() + endsInMs < sleepsUntil || clock.wall() + endsInMs < queuedUntil) wake.wake()
    }),
    bus.on('brake-changed', () => wake.wake()),
  ]
  try {
    while (!signal.aborted) {
      try {
        // The reader may answer with less than what was announced while it looked: that wakes the loop as soon as it sleeps.
        sleepsUntil = queuedUntil = Infinity
        const ended = await store.endOverdue({
          now: clock.wall(),
          steady: steady(),
          limit: ROUND_ROWS,
          braked: braked(),
        })
        bus.publish('touched', ended.touched)
        if (ended.requests.length > 0) bus.publish('cancel-requested', { requests: ended.requests })
        if (ended.more) continue
        const next = await store.readNextEnd({ braked: braked() })
        const left = Math.min((next.queued ?? Infinity) - clock.wall(), (next.others ?? Infinity) - steady())
        sleepsUntil = clock.monotonic() + left
        queuedUntil = next.queued ?? Infinity
        await sleep(next)
      } catch (error) {
        if (signal.aborted) return
        onOutage(error)
        await clock.after(OUTAGE_PAUSE_MS, signal).catch(() => {})
      }
    }
  } finally {
    for (const stop of stops) stop()
  }

  async function sleep(next: { readonly queued: EpochMs | null; readonly others: EpochMs | null }): Promise<void> {
    const { queued, others } = next
    const waits = [wake.woken]
    if (queued !== null) {
      const leftMs = queued - clock.wall()
      waits.push((either) => clock.until(queued, either))
      // Nothing that comes before then wakes the loop: a wall clock that is set back meanwhile must not make it sleep longer.
      waits.push((either) => clock.after(leftMs, either))
    }
    if (others !== null) waits.push((either) => clock.after(others - steady(), either))
    await firstOf(signal, ...waits)
  }
}
