import type { Clock } from '@octopus/kit/clock.ts'
import { refusal } from '@octopus/protocol/errors.ts'
import type { ClientId, TaskId } from '@octopus/protocol/ids.ts'

import type { ServerBus } from '#live/facts.ts'
import type { Actor } from '#store/page.ts'

import type { DeletedStore } from './deleted-store.ts'
import { restorableSince } from './restorable.ts'

export interface RestoreNeeds {
  readonly store: DeletedStore
  readonly bus: Pick<ServerBus, 'publish'>
  readonly clock: Pick<Clock, 'wall'>
}

const act = ({ clock }: RestoreNeeds, actor: Actor) => {
  const now = clock.wall()
  return { now, actor, deletedAfter: restorableSince(now) }
}

/** A schedule comes back paused: it starts nothing before somebody has looked at it and resumes it. */
export async function restoreTask(needs: RestoreNeeds, task: TaskId, actor: Actor): Promise<void> {
  const restored = await needs.store.restoreTask({ ...act(needs, actor), task })
  if (restored.outcome === 'no-task') throw refusal('TASK_NOT_FOUND', { task })
  if (restored.outcome === 'plugin-gone') throw refusal('PLUGIN_NOT_FOUND', { plugin: restored.plugin })
  if (restored.outcome === 'user-gone') throw refusal('USER_NOT_FOUND', { user: restored.user })
  needs.bus.publish('touched', restored.touched)
}

export async function restoreClient(needs: RestoreNeeds, client: ClientId, actor: Actor): Promise<void> {
  const restored = await needs.store.restoreClient({ ...act(needs, actor), client })
  if (restored === 'no-client') throw refusal('CLIENT_NOT_FOUND', { client })
  needs.bus.publish('client-changed', { client })
}

export async function restoreUser(needs: RestoreNeeds, name: string, actor: Actor): Promise<void> {
  const restored = await needs.store.restoreUser({ ...act(needs, actor), name })
  if (restored === 'no-user') throw refusal('USER_NOT_FOUND', { user: name })
  needs.bus.publish('users-changed', { name })
}

export async function restorePlugin(needs: RestoreNeeds, name: string, actor: Actor): Promise<void> {
  const restored = await needs.store.restorePlugin({ ...act(needs, actor), name })
  if (restored === 'no-plugin') throw refusal('PLUGIN_NOT_FOUND', { plugin: name })
  needs.bus.publish('plugins-changed', { name })
}
