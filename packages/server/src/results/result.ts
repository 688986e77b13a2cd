import type { ClientId } from '@octopus/protocol/ids.ts'

import { type ExecutionState, isFinal } from '#executions/execution.ts'

/** What is stored of the execution that a result speaks of. */
export interface Addressee {
  readonly state: ExecutionState['state']
  /** Of the newest hand-over. */
  readonly attempt: number
  /** The newest hand-over; null while it is queued. */
  readonly fence: number | null
  readonly client: ClientId | null
  /** A result with this fence was applied already, perhaps to an earlier attempt. */
  readonly applied: boolean
}

export interface Report {
  readonly attempt: number
  readonly fence: number
  readonly client: ClientId
  /** The fence's proof is this server's, for this execution and this client. */
  readonly proved: boolean
  /** The fence is higher than any that this store has given: an older backup was restored over a newer store. */
  readonly fromTheFuture: boolean
}

export type Judgement =
  /** It speaks for the newest hand-over: the execution ends by it. */
  | { readonly judgement: 'apply' }
  /** It was applied already. */
  | { readonly judgement: 'duplicate' }
  /** The execution is final, or in newer hands: kept beside, changes nothing. */
  | { readonly judgement: 'late' }
  | { readonly judgement: 'refuse'; readonly code: 'unproved' | 'not-yours' | 'wrong-attempt' }
  /** Proved, but unknown here, or newer than all that is: an older backup was restored. The client keeps it. */
  | { readonly judgement: 'unanswered'; readonly code: 'unknown-execution' | 'future-fence' }

/** Pure: what becomes of a result. Never nothing: each one is applied, kept, refused or left with its client. */
export function judge(report: Report, addressee: Addressee | undefined): Judgement {
  if (!report.proved) return { judgement: 'refuse', code: 'unproved' }
  if (report.fromTheFuture) return { judgement: 'unanswered', code: 'future-fence' }
  if (!addressee) return { judgement: 'unanswered', code: 'unknown-execution' }
  if (addressee.applied) return { judgement: 'duplicate' }
  if (addressee.fence !== report.fence) return { judgement: 'late' }
  if (addressee.client !== report.client) return { judgement: 'refuse', code: 'not-yours' }
  // The hand-over was of another attempt: no honest client mistakes them.
  if (addressee.attempt !== report.attempt) return { judgement: 'refuse', code: 'wrong-attempt' }
  return isFinal(addressee.state) ? { judgement: 'late' } : { judgement: 'apply' }
}
