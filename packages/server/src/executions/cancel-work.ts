import type { Clock, Ms } from '@octopus/kit/clock.ts'

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
 * rest. Answers how many executions it met.
 */
export async function cancelWork(needs: CancelNeeds, target: CancelTarget, actor: Actor): Promise<number> {
  const { store, bus, clock } = needs
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
  readonly store: Pick<ExecutionStore, 'requestCancel' | 'readHalfCancelled'>
  readonly clock: Pick<Clock, 'wall' | 'after'>
  readonly onOutage: (error: unknown) => void
}

/** After a start: what the last life of the server cancelled in part is cancelled whole. */
export async function finishCancels(needs: FinishNeeds, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      for (const run of await needs.store.readHalfCancelled({})) await cancelWork(needs, { run }, system)
      return
    } catch (error) {
      if (signal.aborted) return
      needs.onOutage(error)
      await needs.clock.after(OUTAGE_PAUSE_MS, signal).catch(() => {})
    }
  }
}
