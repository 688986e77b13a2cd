import type { EpochMs } from '@octopus/kit/clock.ts'
import { isoOf } from '@octopus/kit/instant.ts'
import type { ExecutionStateName, OnDisconnect, SlotKind } from '@octopus/protocol/work.ts'

import type { AvoidedClient, LastingRejection } from './execution-store.ts'

/** Why an execution has not gone on, for people and for programs. */
export interface ExecutionWaiting {
  readonly code: 'brake' | 'out-of-contact' | 'next-attempt' | 'older-attempt' | 'all-rejected'
  readonly text: string
  readonly since: EpochMs
}

export interface WaitingExecution {
  readonly state: ExecutionStateName
  readonly slot: { readonly kind: SlotKind }
  readonly onDisconnect: OnDisconnect
  readonly attempt: number
  readonly queuedAt: EpochMs
  /** When the attempt before this one ended. */
  readonly lastEndedAt: EpochMs | null
  readonly notBefore: EpochMs
  readonly avoided: readonly AvoidedClient[]
  readonly disconnectedAt: EpochMs | null
  readonly cancelRequestedAt: EpochMs | null
  /** The client that may still have a process of an earlier attempt. */
  readonly unprovenClient: string | null
  readonly rejections: readonly LastingRejection[]
}

/** Pure: nobody is asked until a pause is over that a rejection in passing began, at whichever attempt. */
export function isRejectedForNow(
  { avoided, notBefore }: Pick<WaitingExecution, 'avoided' | 'notBefore'>,
  now: EpochMs,
): boolean {
  // A pause before a next attempt ends at a time of its own, and a client may be avoided meanwhile.
  return notBefore > now && avoided.some(({ until }) => until === notBefore)
}

/** Pure: what an execution waits for that is its own; who is online and who is busy is the task's to say. */
export function executionWaiting(
  execution: WaitingExecution,
  facts: { readonly now: EpochMs; readonly braked: boolean },
): readonly ExecutionWaiting[] {
  const { state, attempt, notBefore } = execution
  if (state === 'disconnected') return [outOfContact(execution, facts)]
  if (state !== 'queued') return []
  const since = execution.lastEndedAt ?? execution.queuedAt
  const waiting: ExecutionWaiting[] = []
  if (attempt > 1 && notBefore > facts.now && !isRejectedForNow(execution, facts.now)) {
    waiting.push({ code: 'next-attempt', text: `Attempt ${attempt} begins at ${isoOf(notBefore)} or later.`, since })
  }
  if (execution.unprovenClient !== null) {
    const text = `${execution.unprovenClient} has not confirmed yet that attempt ${attempt - 1} is gone; ${onlyThisClient(execution, facts)}`
    waiting.push({ code: 'older-attempt', text, since })
  }
  if (execution.rejections.length > 0) {
    const who = execution.rejections.map(({ name, reason }) => `${name} (${reason})`).join(', ')
    waiting.push({
      code: 'all-rejected',
      text: `These clients will not do it: ${who}. It waits for another one.`,
      since,
    })
  }
  return waiting
}

/** Of what is for anyone and stops out of contact, the end of hold is proof enough; the brake concludes nothing from it. */
function onlyThisClient({ slot, onDisconnect }: WaitingExecution, { braked }: { readonly braked: boolean }): string {
  const only = 'only this client may try it again'
  if (slot.kind !== 'any' || onDisconnect !== 'stop') return `until then ${only}.`
  if (!braked) return `until then, or until its hold has ended, ${only}.`
  return `until then ${only}: while the brake is on, the end of its hold is not enough.`
}

function outOfContact(
  { disconnectedAt, queuedAt, cancelRequestedAt }: WaitingExecution,
  { braked }: { readonly braked: boolean },
): ExecutionWaiting {
  const since = disconnectedAt ?? queuedAt
  // The brake holds back nothing of what a person wants cancelled.
  if (cancelRequestedAt !== null) {
    const text = 'It was asked to end, and its client is out of contact; it may still be running there.'
    return { code: 'out-of-contact', text, since }
  }
  if (!braked) {
    return { code: 'out-of-contact', text: 'Its client is out of contact; it may still be running there.', since }
  }
  const text = 'Its client is out of contact, and the brake is on: it is neither lost nor given to another client.'
  return { code: 'brake', text, since }
}
