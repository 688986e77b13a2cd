import { isoOf } from '@octopus/kit/instant.ts'

import type { EarlierAttempt, ExecutionDetail } from '#executions/execution-store.ts'
import { isFinal } from '#executions/execution.ts'

import { handedBackSteps } from './handed-back.ts'
import { type Step, step } from './step.ts'
import type { HandedBack } from './why-store.ts'

/** Pure: what has happened to an execution since it was queued, attempt after attempt. */
export function lifeSteps(execution: ExecutionDetail, handedBack: readonly HandedBack[]): readonly Step[] {
  const { state, queuedAt, endedAt, attempts, cancelRequestedAt } = execution
  const current = execution.attempt
  const backOf = (is: (attempt: number) => boolean): readonly Step[] =>
    handedBack.filter(({ attempt }) => is(attempt ?? current)).flatMap(handedBackSteps)
  const bornFinal = isFinal(state) && endedAt === queuedAt && execution.assignedAt === null && attempts.length === 0
  const queued = bornFinal ? [] : [step('done', 'queued', 'It was queued.', queuedAt)]
  const asked =
    cancelRequestedAt === null
      ? []
      : [step('done', 'cancel-asked', 'It was asked to end. Nothing of it is handed out any more.', cancelRequestedAt)]
  return [
    ...queued,
    ...attempts.flatMap((earlier) => [
      ...backOf((attempt) => attempt === earlier.attempt),
      ...earlierSteps(earlier, execution),
    ]),
    ...backOf((attempt) => attempt === current),
    ...handOverSteps(execution),
    // One that never began is no attempt any more when the one before it is the last again.
    ...backOf((attempt) => attempt > current),
    ...asked,
    ...endSteps(execution),
    ...execution.lateResults.map(({ attempt, fence, end, reason, receivedAt }) => {
      const text = `A late result of attempt ${attempt} (fence ${fence}) came: ${end} (${reason}). It is kept beside and changed nothing.`
      return step('done', 'late-result', text, receivedAt)
    }),
  ]
}

function earlierSteps(earlier: EarlierAttempt, execution: ExecutionDetail): readonly Step[] {
  const { attempt, fence, clientName, end, reason, proved, assignedAt, startedAt, endedAt, result } = earlier
  // Cancelled, say, before anybody got the next one.
  const isCutOff = isFinal(execution.state) && execution.fence === null && attempt === execution.attempt - 1
  const next = isCutOff ? 'Another one was to follow.' : 'Another one follows.'
  const stop = proved ? '' : ' Nobody had seen its process end.'
  return [
    ...handed({ attempt, fence, name: clientName, assignedAt, startedAt }),
    {
      code: 'attempt-ended',
      text: `Attempt ${attempt} ended: ${end} (${reason}). ${next}${stop}`,
      at: endedAt,
      clock: result === null ? 'server' : clockOf(endedAt, assignedAt),
      state: 'done',
    },
  ]
}

function handOverSteps(execution: ExecutionDetail): readonly Step[] {
  const { attempt, fence, client, clientName, assignedAt, startedAt, state, reason } = execution
  if (fence === null || client === null || assignedAt === null) {
    if (!isFinal(state)) return []
    const it = attempt > 1 ? `Attempt ${attempt}` : 'It'
    // After the backup was made it may have been handed out, and even done.
    const text =
      reason === 'restored'
        ? `${it} was not handed to a client, as far as the backup tells.`
        : `${it} was never handed to a client that kept it.`
    return [step('never', 'handed-over', text)]
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
        ? `It was cancelled${on}${why}${cancelledWords(execution)}.`
        : `It was cancelled${on} because of overlap: the newer execution ${other} of the same task took its place.`
    case 'lost':
      return `It was lost${on}${why}${lostWords(execution)}.`
    case 'timed-out':
      return `It ran out of time${on}${why}.`
    default:
      return `It ended${on}: ${state}${why}.`
  }
}

/** Why it was cancelled where nobody cancelled it, and what is not known of it where nobody can tell. */
function cancelledWords({ reason }: ExecutionDetail): string {
  switch (reason) {
    case 'client-deleted':
      return ': its client was deleted while it waited for it, and nobody else could do it'
    case 'client-revoked':
      return ': its client was revoked while it waited for it, and nobody else could do it'
    case 'unconfirmed':
      return ': its client was out of contact until nobody waited any longer, and nobody has seen it stop'
    default:
      return ''
  }
}

/** What is known of a loss: what its client stopped itself it has told, and of what only waited nothing ended. */
function lostWords({ reason, fence, resultFence, lateResults }: ExecutionDetail): string {
  const told = lateResults.some((late) => late.fence === fence)
  const nobody = told ? 'nobody knew then how it ended' : 'nobody knows how it ended'
  switch (reason) {
    case 'stopped-on-disconnect':
      return ': its client stopped it, because it had lost the server for too long'
    case 'client-stopping':
      return ': its client stopped it, because the client itself was stopped'
    case 'client-restarted':
      return `: its client died meanwhile, and ${nobody}`
    case 'hold-ended':
      return `: its client was out of contact until its hold had ended, and ${nobody}`
    case 'out-of-contact':
      return `: its client was out of contact for longer than anybody waits, and ${nobody}`
    case 'restored':
      return fence === null
        ? ': the server went back to a backup that was made while it waited. It is not handed out again, because that may have been done since the backup'
        : `: the server went back to a backup that was made while it was under way, and ${nobody}`
    default:
      return resultFence === null ? `: ${nobody}` : ''
  }
}
