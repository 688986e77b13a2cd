import type { EpochMs } from '@octopus/kit/clock.ts'
import { isoOf } from '@octopus/kit/instant.ts'
import { refusal } from '@octopus/protocol/errors.ts'
import type { TaskId } from '@octopus/protocol/ids.ts'
import { TIMEOUT_SECONDS_DEFAULT } from '@octopus/protocol/limits.ts'
import type { ChangeTask, CreateTask } from '@octopus/protocol/rest/tasks.ts'

import { retryPolicy } from '#executions/retry.ts'
import { checkSchedule } from '#schedules/check-schedule.ts'
import type { Schedule } from '#schedules/schedule.ts'
import type { Actor } from '#store/page.ts'

import { existingTask } from './end-task.ts'
import {
  findAction,
  findUser,
  defaultOnDisconnect,
  refuseReserved,
  type SubmitTaskNeeds,
  touchedTask,
} from './submit-task.ts'
import { checkArguments } from './task-arguments.ts'
import type { TaskStore } from './task-store.ts'
import type { TaskDefinition, TaskRecord } from './task.ts'

export interface ChangeTaskNeeds extends Omit<SubmitTaskNeeds, 'store'> {
  readonly store: SubmitTaskNeeds['store'] & Pick<TaskStore, 'readTask' | 'changeTask'>
}

/** What somebody wants changed on a revision, with `args` and `kwargs` as the text that arrived. */
export interface TaskChange {
  readonly task: TaskId
  readonly revision: number
  readonly wish: ChangeTask
  readonly argsJson: string | undefined
  readonly kwargsJson: string | undefined
}

/** A new revision of a task: runs that are made from now on follow it, those that are there stay as they are. */
export async function changeTask(needs: ChangeTaskNeeds, change: TaskChange, actor: Actor): Promise<void> {
  const { store, bus, clock } = needs
  const now = clock.wall()
  refuseReserved(change.wish)
  const before = await existingTask(store, change.task)
  if (before.revision !== change.revision) throw refusal('STALE_REVISION', { current: before.revision })
  const schedule = changedSchedule(before, change.wish, now)
  const definition = await changedDefinition(needs, before, change)
  const outcome = await store.changeTask({
    now,
    actor,
    task: before.id,
    ifRevision: change.revision,
    definition: { ...definition, ...schedule?.definition },
    nextRunAt: schedule?.nextRunAt,
    keys: Object.keys(change.wish),
  })
  if (outcome.outcome === 'no-task') throw refusal('TASK_NOT_FOUND', { task: before.id })
  if (outcome.outcome === 'stale') throw refusal('STALE_REVISION', { current: outcome.revision })
  if (outcome.outcome === 'plugin-gone') throw refusal('PLUGIN_NOT_FOUND', { plugin: definition.plugin })
  if (outcome.outcome === 'user-gone')
    throw refusal('USER_NOT_FOUND', { user: change.wish.user ?? before.userName ?? '' })
  bus.publish('task-due', { task: before.id })
  bus.publish('touched', touchedTask(before))
}

const WHEN = ['startAt', 'endAt', 'intervalSeconds', 'cron', 'timeZone'] as const

/** The new schedule, planned from now on; undefined where nothing was said of it. */
function changedSchedule(
  before: TaskRecord,
  wish: ChangeTask,
  now: EpochMs,
): { readonly definition: Schedule; readonly nextRunAt: EpochMs } | undefined {
  if (WHEN.every((key) => wish[key] === undefined)) return undefined
  if (before.nextRunAt === null)
    throw refusal('ALREADY_ENDED', { what: 'task', state: before.outcome ?? before.status })
  const { nextRunAt, ...definition } = checkSchedule({ type: before.type, ...mergedSchedule(before, wish) }, now)
  return { definition, nextRunAt }
}

/** What is given takes the place of what is there; an interval that of a cron pattern, and the other way round. */
function mergedSchedule(before: TaskRecord, wish: ChangeTask): Pick<CreateTask, (typeof WHEN)[number]> {
  const { startAt, endAt, intervalMs, cron, timeZone } = before
  const toInterval = wish.intervalSeconds !== undefined
  const toCron = wish.cron !== undefined
  return withoutMissing({
    startAt: wish.startAt ?? textOf(startAt),
    endAt: wish.endAt === undefined ? textOf(endAt) : (wish.endAt ?? undefined),
    intervalSeconds: wish.intervalSeconds ?? (intervalMs === null || toCron ? undefined : intervalMs / 1_000),
    cron: wish.cron ?? (toInterval ? undefined : (cron ?? undefined)),
    timeZone: wish.timeZone ?? (toInterval ? undefined : (timeZone ?? undefined)),
  })
}

function textOf(at: EpochMs | null): string | undefined {
  return at === null ? undefined : isoOf(at)
}

function withoutMissing<T extends object>(given: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

/** Everything but the schedule. What does not change is not checked again: a plugin may have moved on since. */
async function changedDefinition(
  needs: ChangeTaskNeeds,
  before: TaskRecord,
  change: TaskChange,
): Promise<TaskDefinition> {
  const { store } = needs
  const { wish } = change
  const owner = wish.owner ?? before.owner
  const called = await changedCall(needs, before, change)
  const userId =
    wish.owner === undefined && wish.user === undefined ? before.userId : await findUser(store, userWish(before, wish))
  const wasDefault = before.onDisconnect === defaultOnDisconnect(before.owner)
  return {
    ...before,
    ...called,
    name: wish.name ?? before.name,
    owner,
    userId,
    catchUp: wish.catchUp ?? before.catchUp,
    overlap: wish.overlap ?? before.overlap,
    timeoutMs:
      wish.timeoutSeconds === undefined ? before.timeoutMs : (wish.timeoutSeconds ?? TIMEOUT_SECONDS_DEFAULT) * 1_000,
    deadlineMs: wish.deadlineSeconds === undefined ? before.deadlineMs : secondsToMs(wish.deadlineSeconds),
    onDisconnect:
      wish.onDisconnect ??
      (wish.onDisconnect === null || wasDefault ? defaultOnDisconnect(owner) : before.onDisconnect),
    retry: wish.retry === undefined ? before.retry : retryPolicy(wish.retry ?? undefined),
    priority: wish.priority ?? before.priority,
  }
}

async function changedCall(
  { store }: ChangeTaskNeeds,
  before: TaskRecord,
  { wish, ...texts }: TaskChange,
): Promise<Pick<TaskDefinition, 'plugin' | 'action' | 'argsJson' | 'kwargsJson'>> {
  const argsJson = texts.argsJson ?? before.argsJson
  const kwargsJson = texts.kwargsJson ?? before.kwargsJson
  const same = [wish.plugin, wish.action, wish.args, wish.kwargs].every((value) => value === undefined)
  if (same) return { plugin: before.plugin, action: before.action, argsJson, kwargsJson }
  const { plugin, action } = await findAction(store, wish.plugin ?? before.plugin, wish.action ?? before.action)
  const args = JSON.parse(argsJson) as unknown[]
  const kwargs = JSON.parse(kwargsJson) as Record<string, unknown>
  checkArguments(plugin.name, action, { args, kwargs, argsJson, kwargsJson })
  return { plugin: plugin.name, action: action.name, argsJson, kwargsJson }
}

/** A task that has another owner now loses its user, unless one is given. */
function userWish(before: TaskRecord, wish: ChangeTask): Pick<CreateTask, 'owner' | 'user'> {
  const owner = wish.owner ?? before.owner
  const user = wish.user === undefined && owner === 'user' ? before.userName : wish.user
  return user === null || user === undefined ? { owner } : { owner, user }
}

function secondsToMs(seconds: number | null): number | null {
  return seconds === null ? null : seconds * 1_000
}
