import { isoOf } from '@octopus/kit/instant.ts'

import type { ExecutionDetail } from '#executions/execution-store.ts'

import { handedBackBy } from './handed-back.ts'
import type { WhySnapshot } from './snapshot.ts'
import { firstAfter, standingAt } from './standing.ts'
import { type Step, step } from './step.ts'
import type { WhyClient, WhyRun } from './why-store.ts'

/** Pure: why there is this run. */
export function runStep(run: WhyRun): Step {
  const text = `The run of "${run.taskName}" that was due at ${isoOf(run.dueAt)} was created${causeWords(run)}.`
  return step('done', 'run-created', text, run.createdAt)
}

function causeWords({ cause, try: tried }: WhyRun): string {
  const by = cause.by === null ? '' : ` by ${cause.by}`
  if (tried) return `${by} to try a source out`
  switch (cause.kind) {
    case 'schedule':
      return ' by its schedule'
    case 'catch-up':
      return ' later, because nobody was there to create it in time'
    case 'manual':
      return `${by} by hand`
    case 'retry':
      return `${by} to try again what had not succeeded in run ${cause.of ?? ''}`
  }
}

/** Pure: why an execution is for whom it is for. */
export function targetedStep(run: WhyRun, { slot, slotLabel }: ExecutionDetail): Step {
  return step('done', 'targeted', targetedWords(run, slot.kind, slotLabel), run.createdAt)
}

function targetedWords(run: WhyRun, kind: WhyRun['slotKind'], label: string): string {
  if (run.try) return `The source was to be tried out on ${label} alone.`
  if (run.cause.kind === 'retry') return `${kind === 'any' ? 'Anyone' : label} was to try it again.`
  if (kind === 'any') return 'It was for anyone: the client is picked when it is handed over.'
  if (kind === 'user') return `It was for user ${label}: of their PCs, the one whose session began last gets it.`
  const others = run.audienceSize === 1 ? 'the only client' : `one of ${run.audienceSize} clients`
  return `${label} was ${others} that were approved and connected at this instant, when the list was frozen.`
}

/** Pure: why the client that is asked about has no part in a run; undefined where it has one, or may get one. */
export function notTargeted(snapshot: WhySnapshot): Step | undefined {
  const { run, client, execution } = snapshot
  if (run === null || client === null) return undefined
  const never = (code: string, text: string, at = run.createdAt): Step => step('never', code, text, at)
  if (execution === null) {
    if (run.unwritten) return undefined
    if (run.try) return never('not-targeted', `The source was tried out on another client, not on ${client.name}.`)
    if (run.cause.kind === 'retry') {
      const text = `The run tried again what had not succeeded in run ${run.cause.of ?? ''}; ${client.name} was no part of that.`
      return never('not-targeted', text)
    }
    return outOfAudience(run, client)
  }
  const hadIt = execution.client === client.id || execution.attempts.some((earlier) => earlier.client === client.id)
  if (execution.slot.kind === 'client' || hadIt) return undefined
  if (execution.slot.kind === 'user' && execution.slotLabel !== client.user) {
    const whose = client.user === null ? 'belongs to nobody' : `belongs to ${client.user}`
    return never('other-user', `It was for user ${execution.slotLabel}; ${client.name} ${whose}.`)
  }
  const of = execution.slot.kind === 'any' ? 'It was for anyone' : `It was for one PC of ${execution.slotLabel}`
  const back = handedBackBy(client, execution, snapshot.handedBack)
  if (back !== undefined) return never('handed-back', `${of}; ${back}.`, execution.assignedAt ?? run.createdAt)
  if (execution.client === null) return undefined
  const taker = execution.clientName ?? execution.client
  return never('other-client', `${of}, and ${taker} got it, not ${client.name}.`, execution.assignedAt ?? run.createdAt)
}

/** For all means: for everybody who was approved and in a session at the instant in which the run was created. */
function outOfAudience(run: WhyRun, client: WhyClient): Step {
  const { name } = client
  const { was, since } = standingAt(client, run.createdAt)
  const frozen = `the list of clients was frozen at ${isoOf(run.createdAt)}`
  const never = (code: string, text: string, at = since): Step => step('never', code, text, at)
  switch (was) {
    case 'not-enrolled':
      return never('enrolled-later', `${name} was enrolled only after ${frozen}.`, client.createdAt)
    case 'pending': {
      const at = firstAfter(client, 'approved', run.createdAt)
      return at === null
        ? never('not-approved', `${name} was not approved when ${frozen}.`)
        : never('approved-later', `${name} was approved only after ${frozen}.`, at)
    }
    case 'revoked':
      return never('revoked', `${name} was shut out before ${frozen}.`)
    case 'deleted':
      return never('deleted', `${name} was deleted before ${frozen}.`)
    case 'approved':
      return never('offline-then', `${name} was not connected when ${frozen}.`, run.createdAt)
    case 'unknown':
      return never('offline-then', `${name} was not connected, or not approved, when ${frozen}.`, run.createdAt)
  }
}
