import type { Clock } from '@octopus/kit/clock.ts'

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
