import type { ClientId, ExecutionId, RunId } from '@octopus/protocol/ids.ts'
import type { FinalState } from '@octopus/protocol/work.ts'

import type { ExecutionRecord, Slot, StoredResult } from '#executions/execution-store.ts'
import type { Page, PageRequest } from '#store/page.ts'

/** Equal ends of one run, with one of them to look at. */
export interface ResultGroupRecord {
  readonly digest: string
  readonly count: number
  readonly state: FinalState
  readonly sample: {
    readonly execution: ExecutionId
    readonly slot: Slot
    readonly slotLabel: string
    readonly client: ClientId | null
    readonly clientName: string | null
    readonly reason: string | null
    /** The beginning of the value; null without one. */
    readonly preview: string | null
    readonly error: { readonly message: string; readonly type: string } | null
    readonly cut: boolean
  }
}

export interface RunResultsStore {
  /** Groups of equal ends, the largest first. Its price is that of the run's executions in an index, not of their results. */
  listRunResults(input: PageRequest & { readonly run: RunId }): Promise<Page<ResultGroupRecord>>
  /**
   * Executions of a run with their results, by slot after `after`: as many as take about `limitBytes`, at least one, and
   * none at the end.
   */
  readRunResults(input: {
    readonly run: RunId
    readonly after: string | null
    readonly limitBytes: number
  }): Promise<readonly (ExecutionRecord & { readonly result: StoredResult | null })[]>
}
