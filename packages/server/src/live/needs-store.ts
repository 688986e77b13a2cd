import type { EpochMs } from '@octopus/kit/clock.ts'
import type { Need } from '@octopus/protocol/rest/stats.ts'

/** Something that somebody should look at; the newest ten of each kind are named. */
export interface NeedRecord {
  readonly kind: Exclude<Need['kind'], 'work-stopped'>
  readonly count: number
  readonly items: readonly { readonly id: string; readonly name: string; readonly since: EpochMs }[]
}

export interface NeedsStore {
  /**
   * What needs somebody now: clients that fell silent in the last day and are not back, tasks whose last run expired in
   * the last day, plugins whose last three runs or more failed, clients that wait for approval. What needs nobody is left out.
   */
  readNeeds(input: { readonly now: EpochMs }): Promise<readonly NeedRecord[]>
}
