import { isoOf } from '@octopus/kit/instant.ts'

import type { EarlierAttempt, ExecutionDetail } from '#executions/execution-store.ts'
import { isFinal } from '#executions/execution.ts'

import { type Step, step } from './step.ts'

/** Pure: what has happened to an execution since it was queued, attempt after attempt. */
export function lifeSteps(execution: ExecutionDetail): readonly Step[] {
  const { state, queuedAt, endedAt, attempts, cancelRequestedAt } = execution
  const bornFinal = isFinal(state) && endedAt === queuedAt && execution.assignedAt === null && attempts.length === 0
  const queued = bornFinal ? [] : [step('done', 'queued', 'It was queued.', queuedAt)]
  const asked =
    cancelRequestedAt === null
      ? []
      : [step('done', 'cancel-asked', 'It was asked to end. Nothing of it is handed out any more.', cancelRequestedAt)]
  return [
    ...queued,
    ...attempts.flatMap(earlierSteps),
    ...handOverSteps(execution),
    ...asked,
    ...endSteps(execution),
    ...execution.lateResults.map(({ attempt, fence, end, reason, receivedAt }) => {
      const text = `A late result of attempt ${attempt} (fence ${fence}) came: ${end} (${reason}). It is kept beside and changed nothing.`
      return step('done', 'late-result', text, receivedAt)
    }),
  ]
}

function earlierSteps(earlier: EarlierAttempt): readonly Step[] {
  const { attempt, fence, clientName, end, reason, proved, assignedAt, startedAt, endedAt, result } = earlier
  const stop = proved ? '' : ' Nobody had seen its process end.'
  return [
    ...handed({ attempt, fence, name: clientName, assignedAt, startedAt }),
    {
      code: 'attempt-ended',
      text: `Attempt ${attempt} ended: ${end} (${reason}). Another one follows.${stop}`,
      at: endedAt,
      clock: result === null ? 'server' : clockOf(endedAt, assignedAt),
      state: 'done',
    },
  ]
}

function handOverSteps(execution: ExecutionDetail): readonly Step[] {
  const { attempt, fence, client, clientName, assignedAt, startedAt, state } = execution
  if (fence === null || client === null || assignedAt === null) {
    if (!isFinal(state)) return []
    return [step('never', 'handed-over', `${attempt > 1 ? `Attempt ${attempt}` : 'It'} was never handed to a client.`)]
  }
  return handed({ attempt, fence, name: clientName ?? client, assignedAt, startedAt })
}

interface Handed {
  readonly attempt: number
  readonly fence: number
  readonly name: string
  readonly assignedAt: number | null
  readonly startedAt: number | null
}

/** When a client accepted is not stored; that it started says that it had. */
function handed({ attempt, fence, name, assignedAt, startedAt }: Handed): readonly Step[] {
  const handOver = step(
    'done',
    'handed-over',
    `Attempt ${attempt} was handed to ${name}, with fence ${fence}.`,
    assignedAt,
  )
  if (startedAt === null) return [handOver]
  const text = `${name} had accepted it, and started the plugin.`
  return [handOver, { code: 'started', text, at: startedAt, clock: clockOf(startedAt, assignedAt), state: 'done' }]
}

/** What a client told is held to the hand-over at the earliest: then it is the server's time, and the client's is not known. */
function clockOf(at: number | null, assignedAt: number | null): Step['clock'] {
  return at !== null && at === assignedAt ? 'server' : 'client'
}

function endSteps(execution: ExecutionDetail): readonly Step[] {
  const { state, result, resultFence, assignedAt, endedAt } = execution
  if (!isFinal(state)) return []
  const ended: Step = {
    code: 'ended',
    text: endWords(execution),
    at: endedAt,
    clock: resultFence === null ? 'server' : clockOf(endedAt, assignedAt),
    state: 'done',
  }
  if (resultFence === null) return [ended]
  const cut = result?.valueCut ? ', cut to what fits' : ''
  return [
    ended,
    step('done', 'result-stored', `Its result${cut} was stored with fence ${resultFence}, and acknowledged.`),
  ]
}

const OVERLAP = /^overlap:(.+)$/

/** How it ended, in a sentence. */
export function endWords(execution: ExecutionDetail): string {
  const { state, reason, client, clientName, deadlineAt, queuedAt, endedAt } = execution
  const on = client === null ? '' : ` on ${clientName ?? client}`
  const other = OVERLAP.exec(reason ?? '')?.[1]
  const why = reason === null ? '' : ` (${reason})`
  switch (state) {
    case 'succeeded':
      return `It succeeded${on}.`
    case 'expired':
      return `It expired${why}: it had not been started by its latest start, ${isoOf(deadlineAt)}.`
    case 'skipped':
      if (other === undefined) return `It was skipped${why}.`
      return endedAt === queuedAt
        ? `It was skipped because of overlap: execution ${other} of the same task and slot had not ended.`
        : `It was skipped because of overlap: the newer execution ${other} of the same task took its place in the queue.`
    case 'cancelled':
      return other === undefined
        ? `It was cancelled${on}${why}.`
        : `It was cancelled${on} because of overlap: the newer execution ${other} of the same task took its place.`
    case 'lost':
      return `It was lost${on}${why}: nobody knows how it ended.`
    case 'timed-out':
      return `It ran out of time${on}${why}.`
    default:
      return `It ended${on}: ${state}${why}.`
  }
}
