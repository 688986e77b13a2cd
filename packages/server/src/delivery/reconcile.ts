import type { InventoryAttempt } from '@octopus/protocol/from-client.ts'
import type { ExecutionId } from '@octopus/protocol/ids.ts'
import type { Verdict } from '@octopus/protocol/work.ts'

/** An execution that is handed out to the client, as the store has it. */
export interface HandedOut {
  readonly id: ExecutionId
  readonly fence: number
  /** The client has said that it runs. */
  readonly started: boolean
  readonly cancelRequested: boolean
}

export interface ReconcileInput {
  readonly handedOut: readonly HandedOut[]
  readonly inventory: readonly (InventoryAttempt & {
    readonly proved: boolean
    /** Proved, and higher than any fence that this store has given: an older backup was restored. */
    readonly fromTheFuture: boolean
  })[]
  /** The journal is the one that the store knows, and has forgotten nothing. */
  readonly sameJournal: boolean
  /** Executions named by the inventory that exist, whoever has them now. */
  readonly known: ReadonlySet<ExecutionId>
}

/** What becomes of one execution that the store believes to be at the client. */
export type Settlement =
  | { readonly execution: ExecutionId; readonly what: 'still-held' | 'still-running' }
  /** The journal proves that it never started. */
  | { readonly execution: ExecutionId; readonly what: 'never-started' }
  /** Nothing is proved: it may have started. */
  | { readonly execution: ExecutionId; readonly what: 'unknown' }

export interface Reconciliation {
  readonly settlements: readonly Settlement[]
  readonly verdicts: readonly (Pick<InventoryAttempt, 'execution' | 'attempt' | 'fence'> & {
    readonly verdict: Verdict
  })[]
}

/** Pure: settles every difference between what the store believes and what the client has (design 4, "Unknown is not 'not started'"). */
export function reconcile(input: ReconcileInput): Reconciliation {
  const handedOut = new Map(input.handedOut.map((row) => [row.id, row]))
  const listed = new Map<ExecutionId, Set<number>>()
  const verdicts: Reconciliation['verdicts'][number][] = []
  const settlements: Settlement[] = []
  for (const entry of input.inventory) {
    const fences = listed.get(entry.execution) ?? new Set()
    // Said once is enough: what a client lists twice is settled once.
    if (fences.has(entry.fence)) continue
    listed.set(entry.execution, fences.add(entry.fence))
    const row = handedOut.get(entry.execution)
    const current = row !== undefined && row.fence === entry.fence
    const { execution, attempt, fence } = entry
    const verdict = verdictFor(entry, { current, cancelRequested: row?.cancelRequested ?? false, input })
    if (verdict) verdicts.push({ execution, attempt, fence, verdict })
    // `starting` is journalled and not begun: it may still come too late, and that is no end of something that ran.
    const isHeld = entry.phase === 'held' || entry.phase === 'starting'
    if (current) settlements.push({ execution, what: isHeld ? 'still-held' : 'still-running' })
  }
  const missing = input.handedOut.filter((row) => !listed.get(row.id)?.has(row.fence))
  // `started` was said after the journal's fsync: a journal that lacks one is another one, whatever it calls itself, and
  // proves nothing about the others either.
  // And a store that has forgotten what it gave away learns nothing from what is missing.
  const forgetful = input.inventory.some((entry) => entry.fromTheFuture)
  const proves = input.sameJournal && !forgetful && missing.every((row) => !row.started)
  for (const row of missing) settlements.push({ execution: row.id, what: proves ? 'never-started' : 'unknown' })
  return { settlements, verdicts }
}

function verdictFor(
  entry: ReconcileInput['inventory'][number],
  facts: { readonly current: boolean; readonly cancelRequested: boolean; readonly input: ReconcileInput },
): Verdict | undefined {
  if (!entry.proved) return 'forget'
  // Proved and unknown: an older backup was restored. The client keeps what it has until somebody decides.
  if (entry.fromTheFuture) return undefined
  if (!facts.input.known.has(entry.execution)) return undefined
  if (entry.phase === 'ended') return 'send-result'
  if (facts.current && !facts.cancelRequested) return 'go-on'
  return 'stop'
}
