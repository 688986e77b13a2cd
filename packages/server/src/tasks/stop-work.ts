import type { Clock } from '@octopus/kit/clock.ts'

import type { ServerBus } from '#live/facts.ts'
import type { SystemStore } from '#live/stats-store.ts'
import type { Actor } from '#store/page.ts'

interface StopWorkNeeds {
  readonly store: Pick<SystemStore, 'setWorkStopped'>
  readonly bus: Pick<ServerBus, 'publish'>
  readonly clock: Pick<Clock, 'wall'>
}

/** Nothing is planned and nothing is handed out until work is resumed. What is out is cancelled by its own verb. */
export async function setWorkStopped(needs: StopWorkNeeds, stopped: boolean, actor: Actor): Promise<void> {
  await needs.store.setWorkStopped({ now: needs.clock.wall(), actor, stopped })
  needs.bus.publish('work-stopped', { stopped })
}
