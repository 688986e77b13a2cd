import type { Clock } from '@octopus/kit/clock.ts'
import { OctopusError, refusal } from '@octopus/protocol/errors.ts'
import type { ClientId, TaskId } from '@octopus/protocol/ids.ts'

import type { ServerBus } from '#live/facts.ts'
import type { PluginStore } from '#plugins/plugin-store.ts'
import type { Actor } from '#store/page.ts'

import type { DeletedStore } from './deleted-store.ts'

export interface DeleteNeeds {
  readonly store: DeletedStore & Pick<PluginStore, 'deletePlugin'>
  readonly bus: Pick<ServerBus, 'publish'>
  readonly clock: Pick<Clock, 'wall'>
}

/** Its runs stay in the lists of runs. */
export async function deleteTask({ store, bus, clock }: DeleteNeeds, task: TaskId, actor: Actor): Promise<void> {
  const deleted = await store.deleteTask({ now: clock.wall(), actor, task })
  if (deleted.outcome === 'no-task') throw refusal('TASK_NOT_FOUND', { task })
  if (deleted.outcome === 'at-work') {
    throw refusal('STILL_AT_WORK', { what: 'task', name: deleted.name, count: deleted.executions })
  }
  bus.publish('touched', deleted.touched)
}

/** Ends its session; what waits for this client alone is cancelled, for nobody else could do it. */
export async function deleteClient({ store, bus, clock }: DeleteNeeds, client: ClientId, actor: Actor): Promise<void> {
  for (;;) {
    const deleted = await store.deleteClient({ now: clock.wall(), actor, client })
    if (deleted.outcome === 'no-client') throw refusal('CLIENT_NOT_FOUND', { client })
    if (deleted.outcome === 'at-work') {
      throw refusal('STILL_AT_WORK', { what: 'client', name: deleted.name, count: deleted.executions })
    }
    bus.publish('touched', deleted.touched)
    if (deleted.outcome === 'deleted') break
  }
  bus.publish('client-deleted', { client })
}

export async function deleteUser({ store, bus, clock }: DeleteNeeds, name: string, actor: Actor): Promise<void> {
  const deleted = await store.deleteUser({ now: clock.wall(), actor, name })
  if (deleted.outcome === 'no-user') throw refusal('USER_NOT_FOUND', { user: name })
  if (deleted.outcome === 'last-administrator') throw refusal('LAST_ADMINISTRATOR')
  if (deleted.outcome === 'in-use') {
    const owned = [named('owns clients', deleted.clients), named('has tasks that have not ended', deleted.tasks)]
    throw refusal('USER_IN_USE', { user: name, things: owned.filter((text) => text !== '').join(', and ') })
  }
  bus.publish('users-changed', { name })
}

function named(what: string, names: readonly string[]): string {
  return names.length === 0 ? '' : `${what} (${names.join(', ').slice(0, 300)})`
}

/** `fields` names the tasks, or else the tries, that stand in the way by their ids, for programs; the sentence names them for people. */
export async function deletePlugin({ store, bus, clock }: DeleteNeeds, name: string, actor: Actor): Promise<void> {
  const deleted = await store.deletePlugin({ now: clock.wall(), actor, name })
  if (!deleted) throw refusal('PLUGIN_NOT_FOUND', { plugin: name })
  const { usedBy, triedBy } = deleted
  if (usedBy.length > 0) {
    const tasks = usedBy.map((task) => task.name).join(', ')
    const fields = usedBy.map((task) => ({ field: `tasks/${task.id}`, message: task.name.slice(0, 200) }))
    throw new OctopusError('PLUGIN_IN_USE', { plugin: name, tasks: tasks.slice(0, 500) }, fields)
  }
  if (triedBy.length > 0) {
    const fields = triedBy.map((execution) => ({ field: `executions/${execution}`, message: 'a try' }))
    throw new OctopusError('PLUGIN_BEING_TRIED', { plugin: name, executions: triedBy.join(', ') }, fields)
  }
  bus.publish('plugins-changed', { name })
}
