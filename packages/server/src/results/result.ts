import type { ClientId } from '@octopus/protocol/ids.ts'

import { type ExecutionState, isFinal } from '#executions/execution.ts'

/** What is stored of the execution that a result speaks of. */
export interface Addressee {
  readonly state: ExecutionState['state']
  /** The newest hand-over; null while it is queued. */
  readonly fence: number | null
  readonly client: ClientId | null
  /** The fence of the result that was applied, if one was. */
  readonly appliedFence: number | null
}

export interface Report {
  readonly fence: number
  readonly client: ClientId
  /** The fence's proof is this server's, for this execution and this client. */
  readonly proved: boolean
}

export type Judgement =
  /** It speaks for the newest hand-over: the execution ends by it. */
  | { readonly judgement: 'apply' }
  /** It was applied already. */
  | { readonly judgement: 'duplicate' }
  /** The execution is final, or in newer hands: kept beside, changes nothing. */
  | { readonly judgement: 'late' }
  | { readonly judgement: 'refuse'; readonly code: 'unproved' | 'future-fence' | 'not-yours' }
  /** Proved, but unknown here: an older backup was restored. The client keeps it. */
  | { readonly judgement: 'unanswered' }

/** Pure: what becomes of a result. Never nothing: each one is applied, kept, refused or left with its client. */
export function judge(report: Report, addressee: Addressee | undefined): Judgement {
  if (!report.proved) return { judgement: 'refuse', code: 'unproved' }
  if (!addressee) return { judgement: 'unanswered' }
  if (addressee.appliedFence === report.fence) return { judgement: 'duplicate' }
  if (addressee.fence !== null && report.fence > addressee.fence) return { judgement: 'refuse', code: 'future-fence' }
  if (addressee.fence !== report.fence) return { judgement: 'late' }
  if (addressee.client !== report.client) return { judgement: 'refuse', code: 'not-yours' }
  return isFinal(addressee.state) ? { judgement: 'late' } : { judgement: 'apply' }
}
