import type { Arguments } from '#domain/json-arguments.ts'
import type { NewTask } from '#features/tasks/task-queries.ts'
import { fromLocalInput, localZone } from '#text/relative-time.ts'

import type { Typed } from './arguments.ts'

export type IntervalUnit = 'seconds' | 'minutes' | 'hours' | 'days'

/** Everything of the form as it is typed. */
export interface TaskDraft {
  readonly name: string
  readonly plugin: string
  readonly action: string
  readonly argumentsAs: 'form' | 'json'
  readonly typed: Typed
  readonly json: string
  readonly owner: NewTask['owner']
  readonly user: string
  readonly when: 'now' | 'at' | 'every' | 'cron'
  readonly at: string
  readonly every: string
  readonly unit: IntervalUnit
  readonly cron: string
  /** Empty: the reader's own. */
  readonly timeZone: string
  readonly startAt: string
  readonly endAt: string
  readonly timeoutSeconds: string
  readonly deadlineSeconds: string
  readonly onDisconnect: '' | 'stop' | 'continue'
  readonly maxAttempts: string
  readonly backoffSeconds: string
  /** Running it twice does no harm: then a lost attempt may be tried again elsewhere. */
  readonly safeTwice: boolean
  readonly catchUp: '' | 'none' | 'last' | 'all'
  readonly overlap: '' | 'skip' | 'queue' | 'allow' | 'cancel-previous'
  readonly priority: string
}

export const EMPTY_DRAFT: TaskDraft = {
  name: '',
  plugin: '',
  action: '',
  argumentsAs: 'form',
  typed: {},
  json: '',
  owner: 'all',
  user: '',
  when: 'now',
  at: '',
  every: '5',
  unit: 'minutes',
  cron: '0 3 * * 1-5',
  timeZone: '',
  startAt: '',
  endAt: '',
  timeoutSeconds: '',
  deadlineSeconds: '',
  onDisconnect: '',
  maxAttempts: '1',
  backoffSeconds: '10',
  safeTwice: false,
  catchUp: '',
  overlap: '',
  priority: '',
}

export const UNIT_SECONDS: Readonly<Record<IntervalUnit, number>> = {
  seconds: 1,
  minutes: 60,
  hours: 3_600,
  days: 86_400,
}

/** The interval of a repeating task, in whole seconds; NaN when no number was typed. */
export function intervalOf(draft: Pick<TaskDraft, 'every' | 'unit'>): number {
  return draft.every.trim() === '' ? Number.NaN : Math.round(Number(draft.every) * UNIT_SECONDS[draft.unit])
}

/** What is sent. The server judges it; only what was filled in is there, so that its defaults hold for the rest. */
export function toNewTask(draft: TaskDraft, { args, kwargs }: Arguments): NewTask {
  return {
    ...(draft.name.trim() === '' ? {} : { name: draft.name.trim() }),
    plugin: draft.plugin,
    ...(draft.action === '' ? {} : { action: draft.action }),
    args: [...args],
    kwargs: { ...kwargs },
    owner: draft.owner,
    ...(draft.owner === 'user' ? { user: draft.user.trim() } : {}),
    ...when(draft),
    ...whole('timeoutSeconds', draft.timeoutSeconds),
    ...whole('deadlineSeconds', draft.deadlineSeconds),
    ...whole('priority', draft.priority),
    ...(draft.onDisconnect === '' ? {} : { onDisconnect: draft.onDisconnect }),
    ...retry(draft),
  }
}

/** Whether it happens again and again. */
export function repeats(draft: Pick<TaskDraft, 'when'>): boolean {
  return draft.when === 'every' || draft.when === 'cron'
}

function when(draft: TaskDraft): Pick<NewTask, 'type' | 'startAt' | 'endAt' | 'intervalSeconds' | 'cron'> {
  if (draft.when === 'now') return { type: 'ad-hoc' }
  if (draft.when === 'at') return { type: 'ad-hoc', ...instant('startAt', draft.at) }
  return {
    type: 'scheduled',
    ...scheduleOf(draft),
    ...(draft.catchUp === '' ? {} : { catchUp: draft.catchUp }),
    ...(draft.overlap === '' ? {} : { overlap: draft.overlap }),
  }
}

/** What is asked of the server for a preview, and a part of the task. */
export function scheduleOf(
  draft: TaskDraft,
): Pick<NewTask, 'startAt' | 'endAt' | 'intervalSeconds' | 'cron' | 'timeZone'> {
  const rule =
    draft.when === 'cron'
      ? { cron: draft.cron.trim(), timeZone: draft.timeZone.trim() || localZone() }
      : { intervalSeconds: intervalOf(draft) }
  return { ...rule, ...instant('startAt', draft.startAt), ...instant('endAt', draft.endAt) }
}

function retry(draft: TaskDraft): Pick<NewTask, 'retry'> {
  const maxAttempts = Number(draft.maxAttempts)
  if (!(maxAttempts > 1)) return {}
  const on: ('failed' | 'timed-out' | 'lost')[] = ['failed', 'timed-out']
  if (draft.safeTwice) on.push('lost')
  return { retry: { maxAttempts, backoffSeconds: Number(draft.backoffSeconds) || 0, on } }
}

function instant<K extends string>(key: K, text: string): Partial<Record<K, string>> {
  const at = fromLocalInput(text)
  return at === undefined ? {} : ({ [key]: at } as Record<K, string>)
}

function whole<K extends string>(key: K, text: string): Partial<Record<K, number>> {
  return text.trim() === '' ? {} : ({ [key]: Number(text) } as Record<K, number>)
}

/** What is missing before it can be sent, by field of the form. */
export function missing(draft: TaskDraft): Readonly<Record<string, string>> {
  const problems: Record<string, string> = {}
  if (draft.plugin === '') problems['plugin'] = 'Choose a plugin'
  if (draft.owner === 'user' && draft.user.trim() === '') problems['user'] = 'Name the user'
  if (draft.when === 'at' && fromLocalInput(draft.at) === undefined) problems['at'] = 'Choose date and time'
  if (draft.when === 'every' && !(intervalOf(draft) >= 1)) problems['every'] = 'At least one second'
  if (draft.when === 'cron' && draft.cron.trim() === '') problems['cron'] = 'Write a pattern, like 0 3 * * 1-5'
  return problems
}
