import type { Clock } from '@octopus/kit/clock.ts'
import { refusal } from '@octopus/protocol/errors.ts'
import type { ExecutionId, RunId } from '@octopus/protocol/ids.ts'

import type { ServerBus } from '#live/facts.ts'
import type { Actor } from '#store/page.ts'

import type { RunStore } from './run-store.ts'

interface RetryNeeds {
  readonly store: Pick<RunStore, 'retryRun'>
  readonly bus: Pick<ServerBus, 'publish'>
  readonly clock: Pick<Clock, 'wall'>
}

/**
 * A person wants it done again: final states never change, so that it is a new run for those slots, with plugin, action
 * and arguments of the old one, and that plugin's current version.
 */
export async function retryRun(
  needs: RetryNeeds,
  what: { readonly run: RunId; readonly execution: ExecutionId | null },
  actor: Actor,
): Promise<RunId> {
  const made = await needs.store.retryRun({ now: needs.clock.wall(), actor, ...what })
  if (made.outcome === 'plugin-gone') throw refusal('PLUGIN_NOT_FOUND', { plugin: made.plugin })
  if (made.outcome === 'nothing') {
    throw refusal('NOTHING_TO_RETRY', { what: what.execution === null ? 'run' : 'execution' })
  }
  needs.bus.publish('touched', made.touched)
  for (const task of made.touched.tasks) needs.bus.publish('task-due', { task })
  return made.run
}
