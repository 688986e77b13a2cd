import type { Arguments } from '#domain/json-arguments.ts'
import type { ChangedTask, Parameter, Task } from '#features/tasks/task-queries.ts'
import { toLocalInput } from '#text/relative-time.ts'

import type { Typed } from './arguments.ts'
import { EMPTY_DRAFT, toNewTask, UNIT_SECONDS, type IntervalUnit, type TaskDraft } from './draft.ts'

/** The form as it would be filled in for this task. */
export function draftOf(task: Task, parameters: readonly Parameter[] | undefined): TaskDraft {
  const typed = typedOf(task, parameters)
  return {
    ...EMPTY_DRAFT,
    name: task.name,
    plugin: task.plugin,
    action: task.action,
    argumentsAs: typed ? 'form' : 'json',
    typed: typed ?? {},
    json: JSON.stringify({ args: task.args, kwargs: task.kwargs }, undefined, 2),
    owner: task.owner,
    user: task.user ?? '',
    ...whenOf(task),
    timeoutSeconds: String(task.timeoutSeconds),
    deadlineSeconds: task.deadlineSeconds === null ? '' : String(task.deadlineSeconds),
    onDisconnect: task.onDisconnect,
    maxAttempts: String(task.retry.maxAttempts),
    backoffSeconds: String(task.retry.backoffSeconds),
    safeTwice: task.retry.on.includes('lost'),
    catchUp: task.catchUp,
    overlap: task.overlap,
    priority: String(task.priority),
  }
}

function whenOf(task: Task): Partial<TaskDraft> {
  const startAt = toLocalInput(task.startAt)
  const endAt = toLocalInput(task.endAt)
  if (task.type === 'ad-hoc') return { when: task.startAt === null ? 'now' : 'at', at: startAt }
  if (task.cron !== null) {
    return { when: 'cron', cron: task.cron, timeZone: task.timeZone ?? '', startAt, endAt }
  }
  return { when: 'every', ...intervalWords(task.intervalSeconds ?? 0), startAt, endAt }
}

function intervalWords(seconds: number): Pick<TaskDraft, 'every' | 'unit'> {
  const units: readonly IntervalUnit[] = ['days', 'hours', 'minutes']
  const unit = units.find((one) => seconds % UNIT_SECONDS[one] === 0) ?? 'seconds'
  return { every: String(seconds / UNIT_SECONDS[unit]), unit }
}

/** What would be typed for these arguments, or nothing when the form has no place for all of them. */
function typedOf({ args, kwargs }: Task, parameters: readonly Parameter[] | undefined): Typed | undefined {
  if (!parameters || args.length > 0) return undefined
  const typed: Record<string, string> = {}
  for (const [name, value] of Object.entries(kwargs)) {
    const parameter = parameters.find((one) => one.name === name && one.kind !== 'rest' && one.kind !== 'named-rest')
    if (!parameter) return undefined
    const isText = typeof value === 'string' && (parameter.type === 'string' || parameter.type === 'unknown')
    typed[name] = isText ? value : JSON.stringify(value)
  }
  return typed
}

/** What an edit changes: only what differs between the form as it came and as it is now. */
export function changesOf(
  before: { readonly draft: TaskDraft; readonly written: Arguments },
  now: { readonly draft: TaskDraft; readonly written: Arguments },
): ChangedTask {
  const old: Readonly<Record<string, unknown>> = toNewTask(before.draft, before.written)
  const next: Readonly<Record<string, unknown>> = toNewTask(now.draft, now.written)
  const changed: Record<string, unknown> = {}
  for (const key of new Set([...Object.keys(old), ...Object.keys(next)])) {
    if (key === 'type' || JSON.stringify(old[key]) === JSON.stringify(next[key])) continue
    if (next[key] !== undefined) changed[key] = next[key]
    else if (CLEARED.has(key)) changed[key] = null
  }
  return changed
}

/** What goes back to its default when the field is emptied; the others take the place of each other. */
const CLEARED = new Set(['user', 'endAt', 'timeoutSeconds', 'deadlineSeconds', 'onDisconnect', 'retry'])
