import type { Answer } from '@octopus/api-client/request.ts'

import { visibleText } from '#text/visible-text.ts'

type Task = Answer<'getTask'>

/** What a word of the server means here. A newer server may have words that this page does not know: they are shown as they are. */
export function meaningOf<W extends string>(meanings: Readonly<Record<W, string>>, word: W): string {
  return meanings[word] ?? word
}

/** Who does a task, in words. */
export function ownerWords(task: Pick<Task, 'owner' | 'user'>): string {
  if (task.owner === 'all') return 'all clients'
  if (task.owner === 'anyone') return 'anyone'
  return task.owner === 'user' ? (task.user ?? 'a user') : task.owner
}

/** When a task runs, in words. */
export function scheduleWords(task: Pick<Task, 'type' | 'scheduleText'>): string {
  return task.type === 'ad-hoc' ? 'once' : visibleText(task.scheduleText)
}

/** What caused a run, in words. */
export function causeWords(cause: Answer<'getRun'>['cause']): string {
  const by = cause.by === null ? '' : ` by ${cause.by}`
  if (cause.kind === 'manual') return `started${by || ' by hand'}`
  if (cause.kind === 'retry') return `retried${by}`
  if (cause.kind === 'catch-up') return 'caught up'
  return cause.kind === 'schedule' ? 'due by schedule' : cause.kind
}

/** The executions' slot, in words. */
export function slotWords(slot: Answer<'getExecution'>['slot']): string {
  return slot.kind === 'any' ? 'anyone' : slot.label
}
