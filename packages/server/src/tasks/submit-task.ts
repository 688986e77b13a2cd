import type { Clock } from '@octopus/kit/clock.ts'
import { invalidRequest, refusal } from '@octopus/protocol/errors.ts'
import type { UserId } from '@octopus/protocol/ids.ts'
import { SCHEDULES_MAX, TIMEOUT_SECONDS_DEFAULT } from '@octopus/protocol/limits.ts'
import type { Action } from '@octopus/protocol/rest/plugins.ts'
import type { CreateTask } from '@octopus/protocol/rest/tasks.ts'
import type { OnDisconnect, Owner } from '@octopus/protocol/work.ts'

import type { Touched } from '#executions/execution-store.ts'
import { retryPolicy } from '#executions/retry.ts'
import type { ServerBus } from '#live/facts.ts'
import type { PluginRecord, PluginStore } from '#plugins/plugin-store.ts'
import { checkSchedule } from '#schedules/check-schedule.ts'
import type { Actor } from '#store/page.ts'
import type { UserStore } from '#users/user-store.ts'

import { checkArguments } from './task-arguments.ts'
import type { TaskStore } from './task-store.ts'
import type { TaskRecord } from './task.ts'

export interface SubmitTaskNeeds {
  readonly store: Pick<TaskStore, 'createTask'> & Pick<PluginStore, 'readPlugin'> & Pick<UserStore, 'readUser'>
  readonly bus: Pick<ServerBus, 'publish'>
  readonly clock: Pick<Clock, 'wall'>
  /** Repeating tasks there may be at most; the limit that is written down unless it is given. */
  readonly schedulesMax?: number
}

/** What somebody wants done, with `args` and `kwargs` as the text that arrived. */
export interface TaskOrder {
  readonly wish: CreateTask
  readonly argsJson: string
  readonly kwargsJson: string
}

/** Checks everything that can be known before a task runs, stores it as `created`, and tells the planner. */
export async function submitTask(needs: SubmitTaskNeeds, order: TaskOrder, actor: Actor): Promise<TaskRecord> {
  const { store, bus, clock, schedulesMax = SCHEDULES_MAX } = needs
  const { wish, argsJson, kwargsJson } = order
  const now = clock.wall()
  refuseReserved(wish)
  const schedule = checkSchedule(wish, now)
  const { plugin, action } = await findAction(store, wish.plugin, wish.action ?? 'run')
  checkArguments(plugin.name, action, { args: wish.args ?? [], kwargs: wish.kwargs ?? {}, argsJson, kwargsJson })
  const { nextRunAt, ...times } = schedule
  const created = await store.createTask({
    now,
    actor,
    nextRunAt,
    schedulesMax,
    definition: {
      name: wish.name ?? `${plugin.name}.${action.name}`,
      plugin: plugin.name,
      action: action.name,
      argsJson,
      kwargsJson,
      owner: wish.owner,
      userId: await findUser(store, wish),
      type: wish.type,
      ...times,
      catchUp: wish.catchUp ?? 'last',
      overlap: wish.overlap ?? 'skip',
      timeoutMs: (wish.timeoutSeconds ?? TIMEOUT_SECONDS_DEFAULT) * 1_000,
      deadlineMs: wish.deadlineSeconds === undefined ? null : wish.deadlineSeconds * 1_000,
      onDisconnect: wish.onDisconnect ?? defaultOnDisconnect(wish.owner),
      retry: retryPolicy(wish.retry),
      priority: wish.priority ?? 0,
    },
  })
  if (created.outcome === 'plugin-gone') throw refusal('PLUGIN_NOT_FOUND', { plugin: wish.plugin })
  if (created.outcome === 'user-gone') throw refusal('USER_NOT_FOUND', { user: wish.user ?? '' })
  if (created.outcome === 'too-many-schedules') throw refusal('TOO_MANY_SCHEDULES', { limit: schedulesMax })
  bus.publish('task-due', { task: created.task.id })
  bus.publish('touched', touchedTask(created.task))
  return created.task
}

/** The plugin and its action, or the refusal that names what there is instead. */
export async function findAction(
  store: Pick<PluginStore, 'readPlugin'>,
  pluginName: string,
  actionName: string,
): Promise<{ readonly plugin: PluginRecord; readonly action: Action }> {
  const plugin = await store.readPlugin({ name: pluginName })
  if (!plugin) throw refusal('PLUGIN_NOT_FOUND', { plugin: pluginName })
  const action = plugin.actions.find(({ name }) => name === actionName)
  if (action) return { plugin, action }
  const actions = plugin.actions
    .map(({ name }) => name)
    .join(', ')
    .slice(0, 500)
  throw refusal('ACTION_NOT_FOUND', { plugin: plugin.name, action: actionName, actions })
}

/** Somebody else may take over work for anyone when its client is gone; nobody can for the others. */
export function defaultOnDisconnect(owner: Owner): OnDisconnect {
  return owner === 'anyone' ? 'stop' : 'continue'
}

/** The user of a task that has one. */
export async function findUser(
  store: Pick<UserStore, 'readUser'>,
  wish: Pick<CreateTask, 'owner' | 'user'>,
): Promise<UserId | null> {
  if (wish.owner !== 'user') {
    if (wish.user === undefined) return null
    throw invalidRequest('body', [
      { field: 'user', message: `is given only when owner is user, and it is ${wish.owner}` },
    ])
  }
  if (wish.user === undefined) throw invalidRequest('body', [{ field: 'user', message: 'is missing: owner is user' }])
  const user = await store.readUser({ name: wish.user })
  if (!user) throw refusal('USER_NOT_FOUND', { user: wish.user })
  return user.id
}

const RESERVED = ['where', 'reach', 'after', 'items'] as const

/** What the schema knows already and the server cannot do yet is refused: ignoring it would do something else. */
export function refuseReserved(wish: Pick<CreateTask, (typeof RESERVED)[number]>): void {
  const key = RESERVED.find((one) => wish[one] !== undefined)
  if (key !== undefined) throw refusal('RESERVED_KEY', { key, reason: 'it comes later; leave it out.' })
}

/** A task changed, and nothing of it is to be handed out for that. */
export function touchedTask(task: Pick<TaskRecord, 'id'>): Touched {
  return { executions: [], runs: [], tasks: [task.id], queuedSlots: [], freed: [], endsInMs: null }
}
