import type { EpochMs, Ms } from '@octopus/kit/clock.ts'
import type { ExecutionStateName } from '@octopus/protocol/work.ts'

import { isFinal } from './execution.ts'

/** After the client should have ended an attempt itself, the server waits this long before it ends it alone. */
export const SERVER_GRACE_MS: Ms = 60_000

/** What the server's patience with an execution depends on. */
export interface Patience {
  readonly state: ExecutionStateName
  readonly deadlineAt: EpochMs
  readonly timeoutMs: Ms
  readonly startedAt: EpochMs | null
  readonly disconnectedAt: EpochMs | null
  /** Out of contact, it ends with the hold and not later: its client stops it, and nobody gains by waiting. */
  readonly endsWithHold: boolean
  /** When the hold of the client that is out of contact has surely ended on both sides. */
  readonly holdEndsAt: EpochMs | null
}

/**
 * The time at which the server alone makes an execution final; null when it is final already (design 4, "When things
 * end"). For `queued` it is a wall time; for the others a steady one, which no step of the wall clock moves.
 */
export function endsAtLatest(p: Patience): EpochMs | null {
  if (isFinal(p.state)) return null
  if (p.state === 'queued') return p.deadlineAt
  if (p.state !== 'disconnected') return (p.startedAt ?? p.deadlineAt) + p.timeoutMs + SERVER_GRACE_MS
  if (p.endsWithHold && p.holdEndsAt !== null) return p.holdEndsAt
  const begun = p.startedAt ?? p.disconnectedAt ?? p.deadlineAt
  return Math.max(p.deadlineAt, begun + p.timeoutMs) + SERVER_GRACE_MS
}

/**
 * Until when a client that has come back with an attempt whose time is over, or nearly so, may say how it ended; null
 * while there is time enough. It is given that once: who comes back for ever keeps nothing open for ever. `heldBack`: it
 * is open beyond its end, which only the brake and a restart of the server let happen.
 */
export function graceEndsAt(comeBack: {
  readonly end: EpochMs
  readonly given: EpochMs | null
  readonly heldBack: boolean
  readonly now: EpochMs
}): EpochMs | null {
  const { end, given, heldBack, now } = comeBack
  if (given !== null && !heldBack) return given
  return now + SERVER_GRACE_MS > end ? now + SERVER_GRACE_MS : null
}
