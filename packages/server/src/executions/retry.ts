import type { EpochMs, Ms } from '@octopus/kit/clock.ts'
import { invalidRequest } from '@octopus/protocol/errors.ts'
import type { Retry } from '@octopus/protocol/rest/tasks.ts'
import { type FinalState, RETRY_ENDS, type RetryEnd, type SlotKind } from '@octopus/protocol/work.ts'

/** When a task wants another attempt, and how many. */
export interface RetryPolicy {
  readonly maxAttempts: number
  readonly backoffMs: Ms
  readonly on: readonly RetryEnd[]
}

/** What a task has that says nothing of retry: one attempt. */
export const NO_RETRY: RetryPolicy = { maxAttempts: 1, backoffMs: 0, on: [] }

/** An attempt that has come to its end, as far as the next one depends on it. */
export interface EndedAttempt {
  readonly end: FinalState
  readonly reason: string
  readonly attempt: number
  readonly slotKind: SlotKind
  readonly cancelRequested: boolean
  /** The latest start of any attempt. */
  readonly deadlineAt: EpochMs
}

/** Pure: from when on the next attempt may begin; undefined where none follows and the execution is final. */
export function nextAttempt(policy: RetryPolicy, ended: EndedAttempt, now: EpochMs): EpochMs | undefined {
  if (ended.cancelRequested || ended.attempt >= policy.maxAttempts) return undefined
  if (!isRetryEnd(ended.end) || !policy.on.includes(ended.end)) return undefined
  // The PC cannot run it, and nobody else may: the next attempt would end in the same way.
  if (ended.reason === 'runtime-missing' && ended.slotKind !== 'any') return undefined
  const notBefore = now + policy.backoffMs
  return notBefore < ended.deadlineAt ? notBefore : undefined
}

export function isRetryEnd(end: FinalState): end is RetryEnd {
  return (RETRY_ENDS as readonly FinalState[]).includes(end)
}

/** The policy that a request asks for; one that would never try again is a mistake. */
export function retryPolicy(wish: Retry | undefined): RetryPolicy {
  if (wish === undefined) return NO_RETRY
  if (wish.maxAttempts > 1 && wish.on.length === 0) {
    const message = `is empty: say after which ends another attempt follows (${RETRY_ENDS.join(', ')})`
    throw invalidRequest('body', [{ field: 'retry.on', message }])
  }
  return { maxAttempts: wish.maxAttempts, backoffMs: wish.backoffSeconds * 1_000, on: wish.on }
}

/** A policy as the API shows it. */
export function retryAnswer(policy: RetryPolicy): Retry {
  return { maxAttempts: policy.maxAttempts, backoffSeconds: policy.backoffMs / 1_000, on: [...policy.on] }
}
