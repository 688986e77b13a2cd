import type { EpochMs, Ms } from '@octopus/kit/clock.ts'
import type { Checksum, ClientId, ExecutionId } from '@octopus/protocol/ids.ts'
import type { Action } from '@octopus/protocol/rest/plugins.ts'
import type { Language } from '@octopus/protocol/work.ts'

import type { Touched } from '#executions/execution-store.ts'
import type { Actor } from '#store/page.ts'

export type TryOutcome =
  | { readonly outcome: 'begun'; readonly execution: ExecutionId; readonly touched: Touched }
  | { readonly outcome: 'no-plugin' }
  | { readonly outcome: 'no-client' }
  /** Not approved, not connected, or draining: nobody would see the try start. */
  | { readonly outcome: 'takes-no-work'; readonly name: string; readonly reason: string }

export interface TryStore {
  /**
   * Makes an execution of these bytes for one client, in one transaction, without making them a version. The manifest
   * lists them to that client as long as the execution is not final.
   */
  tryPlugin(input: {
    readonly now: EpochMs
    readonly actor: Actor
    readonly name: string
    readonly client: ClientId
    /** Null: the current version. */
    readonly bytes: {
      readonly language: Language
      readonly source: string
      readonly checksum: Checksum
      readonly actions: readonly Action[]
      readonly doc: string
    } | null
    readonly action: string
    readonly argsJson: string
    readonly kwargsJson: string
    readonly priority: number
    readonly timeoutMs: Ms
    readonly deadlineAt: EpochMs
  }): Promise<TryOutcome>
}
