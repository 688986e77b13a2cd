import type { Clock } from '@octopus/kit/clock.ts'
import { refusal } from '@octopus/protocol/errors.ts'
import type { TaskId } from '@octopus/protocol/ids.ts'

import type { ServerBus } from '#live/facts.ts'
import { occurrencesOf } from '#schedules/schedule.ts'
import type { Actor } from '#store/page.ts'

import { existingTask } from './end-task.ts'
import { touchedTask } from './submit-task.ts'
import type { TaskStore } from './task-store.ts'

interface PauseTaskNeeds {
  readonly store: Pick<TaskStore, 'readTask' | 'pauseTask' | 'resumeTask'>
  readonly bus: Pick<ServerBus, 'publish'>
  readonly clock: Pick<Clock, 'wall'>
}

/** No further runs until it is resumed; what runs goes on. */
export async function pauseTask(needs: PauseTaskNeeds, id: TaskId, actor: Actor): Promise<void> {
  const { store, bus, clock } = needs
  const { name } = await existingTask(store, id)
  const outcome = await store.pauseTask({ now: clock.wall(), actor, task: id })
  if (outcome === 'no-task') throw refusal('TASK_NOT_FOUND', { task: id })
  if (outcome === 'ended') throw refusal('NOTHING_TO_PAUSE', { task: name })
  bus.publish('touched', touchedTask({ id }))
}

/** Somebody who changes the task at the same instant makes it worth another look; nobody does that for ever. */
const LOOKS_MAX = 5

/**
 * Plans again, from now on: what was due while it was paused is not made up for. An ad-hoc task whose time has passed
 * meanwhile runs now. A task that is not paused is left as it is.
 */
export async function resumeTask(needs: PauseTaskNeeds, id: TaskId, actor: Actor): Promise<void> {
  const { store, bus, clock } = needs
  for (let look = 0; look < LOOKS_MAX; look++) {
    const task = await existingTask(store, id)
    if (task.pausedAt === null) return
    const now = clock.wall()
    const nextRunAt = task.type === 'ad-hoc' ? Math.max(now, task.startAt ?? now) : occurrencesOf(task).next(now - 1)
    const resumed = await store.resumeTask({ now, actor, task: id, ifRevision: task.revision, nextRunAt })
    if (resumed.outcome === 'stale') continue
    bus.publish('task-due', { task: id })
    bus.publish('touched', resumed.touched)
    return
  }
  throw refusal('STALE_REVISION', { current: (await existingTask(store, id)).revision })
}
