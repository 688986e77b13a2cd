import type { Ms } from '@octopus/kit/clock.ts'
import type { SessionId } from '@octopus/protocol/ids.ts'

import type { Lease } from './lease.ts'
import type { Outbox } from './outbox.ts'

/** One live connection that the server has welcomed. Once it has ended it never lives again. */
export interface Session {
  readonly id: SessionId
  readonly lease: Lease
  readonly presenceMs: Ms
  readonly holdMs: Ms
  /** Fetches plugin bytes over HTTP; dies with the session. */
  readonly downloadToken: string
  readonly outbox: Outbox
  /** Aborted when the session has ended. */
  readonly signal: AbortSignal
  /** Reconciled, not ended and within presence: only then anything may start. Asked directly before each start. */
  mayStart(): boolean
}

/**
 * In which session the server last said that an attempt is this client's: by delivering it, or by `go-on`. Only in that
 * session it may start and its result may be sent, and only that session's echoes renew its hold.
 */
export interface Custody {
  session: Session | undefined
}
