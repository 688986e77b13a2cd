import type { Clock } from '@octopus/kit/clock.ts'
import { refusal } from '@octopus/protocol/errors.ts'
import type { TaskId } from '@octopus/protocol/ids.ts'

import type { ServerBus } from '#live/facts.ts'
import type { Actor } from '#store/page.ts'

import type { TaskStore } from './task-store.ts'
import type { TaskRecord } from './task.ts'

interface EndTaskNeeds {
  readonly store: Pick<TaskStore, 'readTask' | 'endTask'>
  readonly bus: Pick<ServerBus, 'publish'>
  readonly clock: Pick<Clock, 'wall'>
}

/** No more occurrences; what runs goes on. A task that has ended already is left as it is, and that is said. */
export async function endTask(needs: EndTaskNeeds, id: TaskId, actor: Actor): Promise<void> {
  const { store, bus, clock } = needs
  await openTask(store, id)
  const ended = await store.endTask({ now: clock.wall(), actor, task: id })
  if (!ended) throw refusal('TASK_NOT_FOUND', { task: id })
  bus.publish('touched', ended.touched)
}

/** Refuses when there is no such task, or when it has ended: there is nothing left to end or to cancel. */
export async function openTask(store: Pick<TaskStore, 'readTask'>, id: TaskId): Promise<void> {
  const task = await existingTask(store, id)
  if (task.status === 'completed') {
    throw refusal('ALREADY_ENDED', { what: 'task', state: task.outcome ?? task.status })
  }
}

export async function existingTask(store: Pick<TaskStore, 'readTask'>, id: TaskId): Promise<TaskRecord> {
  const task = await store.readTask({ id })
  if (!task) throw refusal('TASK_NOT_FOUND', { task: id })
  return task
}
