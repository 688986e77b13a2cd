import type { ExecutionId } from '@octopus/protocol/ids.ts'
import type { ExecutionStateName, Overlap } from '@octopus/protocol/work.ts'

/** An execution of the same task and slot that has not ended. */
export interface OpenExecution {
  readonly id: ExecutionId
  readonly state: ExecutionStateName
  readonly attempt: number
  /** Its run queues without limit: made by hand, by a retry, or by `catchUp: all`. */
  readonly queues: boolean
}

/** What becomes of a new execution, and of those before it. */
export interface Verdict {
  /** Set: it is skipped, and names this one. */
  readonly yieldsTo?: ExecutionId
  /** True: it is handed out only when every earlier one of its slot is final. */
  readonly waits: boolean
  /** Those that waited, and are skipped in favour of the new one. */
  readonly replaces: readonly ExecutionId[]
  /** Those that are asked to end. */
  readonly cancels: readonly ExecutionId[]
}

/**
 * Pure: what the overlap policy of a run says in one slot (design 4, invariant S7). Runs that queue without limit wait
 * their turn, whatever the policy; nothing that the schedule brings later skips, replaces or cancels them.
 */
export function judgeOverlap(
  newcomer: { readonly overlap: Overlap; readonly queues: boolean },
  open: readonly OpenExecution[],
): Verdict {
  const goesOn = { waits: false, replaces: [], cancels: [] }
  if (newcomer.queues) return { ...goesOn, waits: true }
  const [oldest] = open
  const bySchedule = open.filter(({ queues }) => !queues)
  switch (newcomer.overlap) {
    case 'allow':
      return goesOn
    case 'skip': {
      const busy = open.find(({ state }) => state !== 'queued') ?? oldest
      return busy === undefined ? goesOn : { ...goesOn, yieldsTo: busy.id }
    }
    case 'queue':
      return { ...goesOn, waits: true, replaces: bySchedule.filter(waitsForItsFirstStart).map(({ id }) => id) }
    case 'cancel-previous':
      return { ...goesOn, waits: true, cancels: bySchedule.map(({ id }) => id) }
  }
}

/** One that has been tried before is not replaced: it holds the slot until its last attempt has ended. */
function waitsForItsFirstStart({ state, attempt }: OpenExecution): boolean {
  return state === 'queued' && attempt === 1
}
