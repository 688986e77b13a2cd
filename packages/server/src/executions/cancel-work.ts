import type { Clock, Ms } from '@octopus/kit/clock.ts'
import { firstOf } from '@octopus/kit/first-of.ts'
import { createSignal } from '@octopus/kit/signal.ts'

import type { ServerBus } from '#live/facts.ts'
import type { Actor } from '#store/page.ts'

import type { ExecutionStore } from './execution-store.ts'

interface CancelNeeds {
  readonly store: Pick<ExecutionStore, 'requestCancel'>
  readonly bus: Pick<ServerBus, 'publish'>
  readonly clock: Pick<Clock, 'wall'>
}

export type CancelTarget = Parameters<ExecutionStore['requestCancel']>[0]['target']

/**
 * Asks to cancel what has not ended, a slice at a time: what is queued is cancelled at once, clients are told of the
 * rest. Answers how many executions it met. Where the store refuses in the middle it throws, and the rest is cancelled
 * all the same, as soon as the store can.
 */
export async function cancelWork(needs: CancelNeeds, target: CancelTarget, actor: Actor): Promise<number> {
  try {
    return await cancelSlices(needs, target, actor)
  } catch (error) {
    needs.bus.publish('half-cancelled', {})
    throw error
  }
}

async function cancelSlices({ store, bus, clock }: CancelNeeds, target: CancelTarget, actor: Actor): Promise<number> {
  let met = 0
  for (;;) {
    const { requests, touched, more } = await store.requestCancel({ now: clock.wall(), actor, target })
    met += touched.executions.length
    if (requests.length > 0) bus.publish('cancel-requested', { requests })
    bus.publish('touched', touched)
    if (!more) return met
  }
}

const OUTAGE_PAUSE_MS: Ms = 1_000
const system: Actor = { kind: 'system', name: 'cancel' }

interface FinishNeeds extends CancelNeeds {
  readonly store: Pick<ExecutionStore, 'requestCancel' | 'readHalfCancelled' | 'cancelForRevoked'>
  readonly bus: Pick<ServerBus, 'publish' | 'on'>
  readonly clock: Pick<Clock, 'wall' | 'after'>
  readonly onOutage: (error: unknown) => void
}

/**
 * The loop that cancels whole what was cancelled in part, and what waits for a client that was revoked in part: by the
 * last life of the server, or when the store refused.
 */
export async function finishCancels(needs: FinishNeeds, signal: AbortSignal): Promise<void> {
  const wake = createSignal()
  const stop = needs.bus.on('half-cancelled', () => wake.wake())
  wake.wake()
  try {
    while (!signal.aborted) {
      await firstOf(signal, wake.woken)
      try {
        while (!signal.aborted && (await finishSome(needs))) continue
      } catch (error) {
        if (signal.aborted) return
        needs.onOutage(error)
        wake.wake()
        await needs.clock.after(OUTAGE_PAUSE_MS, signal).catch(() => {})
      }
    }
  } finally {
    stop()
  }
}

/** One slice of all that is half cancelled. False: nothing is. */
async function finishSome({ store, bus, clock }: FinishNeeds): Promise<boolean> {
  const ofRevoked = await store.cancelForRevoked({ now: clock.wall() })
  if (ofRevoked.more) bus.publish('touched', ofRevoked.touched)
  const runs = await store.readHalfCancelled({})
  if (runs.length === 0) return ofRevoked.more
  const { requests, touched } = await store.requestCancel({ now: clock.wall(), actor: system, target: { runs } })
  if (requests.length > 0) bus.publish('cancel-requested', { requests })
  bus.publish('touched', touched)
  return true
}
