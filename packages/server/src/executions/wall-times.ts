import type { EpochMs, Ms } from '@octopus/kit/clock.ts'

import type { ExecutionRecord } from './execution-store.ts'

type Timed = Pick<ExecutionRecord, 'state' | 'endsAtLatest'> & { readonly disconnectedAt?: EpochMs | null }

/**
 * Pure: an execution for people. What is handed out ends, and was out of contact, by steady times: they are given as wall
 * times, as the two clocks stand now; else they would be wrong by every step of the wall clock since the server's start.
 */
export function byWallClock<Execution extends Timed>(execution: Execution, steadyAheadMs: Ms): Execution {
  const { state, endsAtLatest, disconnectedAt = null } = execution
  if (state !== 'assigned' && state !== 'running' && state !== 'disconnected') return execution
  return {
    ...execution,
    ...(endsAtLatest !== null && { endsAtLatest: endsAtLatest - steadyAheadMs }),
    ...(disconnectedAt !== null && { disconnectedAt: disconnectedAt - steadyAheadMs }),
  }
}
