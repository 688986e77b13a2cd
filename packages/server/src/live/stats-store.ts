import type { EpochMs, Ms } from '@octopus/kit/clock.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'
import type { ExecutionStateName, TaskStatus } from '@octopus/protocol/work.ts'

import type { Actor } from '#store/page.ts'

/** Counters of the overview, kept by write; nothing here counts rows of history. */
export interface StoredStats {
  readonly clients: { readonly known: number; readonly online: number; readonly pending: number }
  readonly executions: {
    readonly queued: number
    readonly assigned: number
    readonly running: number
    readonly disconnected: number
  }
  readonly last24h: { readonly succeeded: number; readonly failed: number; readonly runs: number }
  readonly tasks: { readonly created: number; readonly active: number; readonly completed: number }
  readonly plugins: number
}

/** Rows by state, for measuring; kept by write, too. */
export interface StoredMeasures {
  readonly executions: Readonly<Record<ExecutionStateName, number>>
  readonly tasks: Readonly<Record<TaskStatus, number>>
  readonly clients: { readonly pending: number; readonly approved: number }
}

/** A fence that this store has never given, proved by its own key: an older backup was restored over a newer store. */
export interface FutureFence {
  readonly client: ClientId
  readonly fence: number
  readonly since: EpochMs
}

export interface SystemStore {
  /** What a client has proved of this server's future; nothing is handed over while there is such a thing. */
  readFutureFence(input: Record<string, never>): Promise<FutureFence | null>
  readMeasures(input: Record<string, never>): Promise<StoredMeasures>
  readStats(input: { readonly now: EpochMs }): Promise<StoredStats>
  /** Made at the first start and kept: who this server is, and the key of its MACs. `epoch` rises with every call. */
  startServer(input: { readonly now: EpochMs; readonly freshServerId: string; readonly freshSecret: string }): Promise<{
    readonly serverId: string
    readonly secret: string
    readonly epoch: number
    /** How far steady time was ahead of the wall clock when that was noted last; less than 0: behind it. */
    readonly steadyAheadMs: Ms
  }>
  /** The wall clock was set: so far is steady time, by which stored ends count, ahead of it now. */
  noteSteadyAhead(input: { readonly aheadMs: Ms }): Promise<void>
  readWorkStopped(input: Record<string, never>): Promise<boolean>
  setWorkStopped(input: { readonly now: EpochMs; readonly actor: Actor; readonly stopped: boolean }): Promise<void>
  /** Writes one row and takes it away again: proves that the store can commit. */
  probe(input: { readonly now: EpochMs }): Promise<void>
  /** A security event that belongs to no other write. */
  recordAudit(input: {
    readonly now: EpochMs
    readonly actor: Actor
    readonly action: string
    readonly subject: string
    readonly details: string
  }): Promise<void>
}
