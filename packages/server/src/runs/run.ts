import type { Counts } from '@octopus/protocol/rest/tasks.ts'
import { EXECUTION_STATES, type ExecutionStateName, type Outcome } from '@octopus/protocol/work.ts'

/**
 * What became of a run whose executions are all final (design 1): nothing executed → skipped or expired; all succeeded
 * → succeeded; cancel asked and not all succeeded → cancelled; none succeeded → expired if all expired, else failed;
 * otherwise partly-failed. Skipped executions do not count against the others.
 */
export function runOutcome(counts: Counts, cancelRequested: boolean): Outcome {
  const executed = counts.total - counts.skipped
  if (executed === 0) return 'skipped'
  if (counts.succeeded === executed) return 'succeeded'
  if (cancelRequested || counts.cancelled === executed) return 'cancelled'
  if (counts.succeeded > 0) return 'partly-failed'
  return counts.expired === executed ? 'expired' : 'failed'
}

/** The column that counts a state, in the tables `run` and `task`. */
export function countColumn(state: ExecutionStateName): string {
  return state === 'timed-out' ? 'timed_out' : state
}

/** All counts at zero. */
export function noCounts(): Counts {
  const zero = Object.fromEntries(EXECUTION_STATES.map((state) => [state, 0])) as Omit<Counts, 'total'>
  return { total: 0, ...zero }
}
