import type { Clock } from '@octopus/kit/clock.ts'
import { refusal } from '@octopus/protocol/errors.ts'
import type { RunId, TaskId } from '@octopus/protocol/ids.ts'

import type { ServerBus } from '#live/facts.ts'
import type { PluginStore } from '#plugins/plugin-store.ts'
import type { Actor } from '#store/page.ts'

import { findAction } from './submit-task.ts'
import { checkArguments } from './task-arguments.ts'
import type { TaskStore } from './task-store.ts'

interface RunNowNeeds {
  readonly store: Pick<TaskStore, 'readTask' | 'runTask'> & Pick<PluginStore, 'readPlugin'>
  readonly bus: Pick<ServerBus, 'publish'>
  readonly clock: Pick<Clock, 'wall'>
}

/** Runs a task at once; null for the task's own arguments. */
export async function runTaskNow(
  needs: RunNowNeeds,
  order: { readonly task: TaskId; readonly argsJson: string | null; readonly kwargsJson: string | null },
  actor: Actor,
): Promise<RunId> {
  const { store, bus, clock } = needs
  const task = await store.readTask({ id: order.task })
  if (!task) throw refusal('TASK_NOT_FOUND', { task: order.task })
  // The plugin may have changed since the task was made: what does not fit any more is said now, not on every PC.
  const { plugin, action } = await findAction(store, task.plugin, task.action)
  const argsJson = order.argsJson ?? task.argsJson
  const kwargsJson = order.kwargsJson ?? task.kwargsJson
  const args = JSON.parse(argsJson) as unknown[]
  const kwargs = JSON.parse(kwargsJson) as Record<string, unknown>
  checkArguments(plugin.name, action, { args, kwargs, argsJson, kwargsJson })
  const started = await store.runTask({ now: clock.wall(), actor, ...order })
  if (!started) throw refusal('TASK_NOT_FOUND', { task: order.task })
  bus.publish('touched', started.touched)
  bus.publish('task-due', { task: task.id })
  return started.run
}
