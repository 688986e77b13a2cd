import type { EpochMs } from '@octopus/kit/clock.ts'
import type { ClientStatus } from '@octopus/protocol/enroll.ts'
import type { ClientId, ExecutionId, RunId, TaskId } from '@octopus/protocol/ids.ts'
import type { ExecutionStateName, Language, Rejection, SlotKind } from '@octopus/protocol/work.ts'

import type { ExecutionDetail } from '#executions/execution-store.ts'
import type { RunRecord } from '#runs/run-store.ts'
import type { TaskRecord } from '#tasks/task.ts'

/** A run, as far as who it was for follows from it. */
export interface WhyRun extends Pick<
  RunRecord,
  'id' | 'taskName' | 'cause' | 'createdAt' | 'dueAt' | 'audienceSize' | 'note' | 'try'
> {
  readonly slotKind: SlotKind
  /** The client that is asked about belongs to the audience, and its execution is not written yet. */
  readonly unwritten: boolean
}

/** What changed who a client is to the server. */
export interface ClientEvent {
  readonly at: EpochMs
  readonly became: ClientStatus | 'deleted' | 'restored' | 'draining' | 'not-draining'
}

export interface WhyClient {
  readonly id: ClientId
  readonly name: string
  readonly user: string | null
  readonly status: ClientStatus
  readonly draining: boolean
  readonly createdAt: EpochMs
  readonly deletedAt: EpochMs | null
  /** Null: never in a session. */
  readonly lastSeenAt: EpochMs | null
  readonly sessionBeganAt: EpochMs | null
  readonly languages: readonly Language[]
  /** What it offers at most; null: it has never said. */
  readonly slots: number | null
  /** Oldest first, as far back as the audit trail is kept. */
  readonly history: readonly ClientEvent[]
}

/** A hand-over that its client rejected, as far as the execution still tells of it: of each client the newest of its kind. */
export interface HandedBack {
  readonly client: ClientId
  readonly name: string
  /** Null, as the others: stored by an older server, which did not write it down. */
  readonly reason: Rejection | null
  readonly attempt: number | null
  readonly fence: number | null
  readonly assignedAt: EpochMs | null
  /** Until when it is not asked again; null: it will not do it at all. */
  readonly pausedUntil: EpochMs | null
}

export interface WhyFacts {
  readonly outcome: 'found'
  /** The task; only where it was asked about, and there it is. */
  readonly task: TaskRecord | null
  /** The run of the execution, or the task's newest; null: it has none. */
  readonly run: WhyRun | null
  readonly execution: ExecutionDetail | null
  /** Who is asked about, else whose execution it is, as far as that is one client. */
  readonly client: WhyClient | null
  /** Why that client has not got the plugin of the execution, as it said last; null: it has said no such thing. */
  readonly lacks: string | null
  /** In the order of their fences. */
  readonly handedBack: readonly HandedBack[]
  /** An earlier execution of its task and slot that has to end before it may begin. */
  readonly behind: { readonly execution: ExecutionId; readonly run: RunId; readonly state: ExecutionStateName } | null
  readonly workStopped: boolean
  /** A client knows of hand-overs that this store does not: nothing goes out. */
  readonly oldStore: boolean
}

export type WhyQuestion =
  | { readonly execution: ExecutionId }
  /** The newest run of the task. */
  | { readonly task: TaskId; readonly client: ClientId }

export interface WhyStore {
  /** Everything that is stored about why an execution, or a client in a task, came to where it is; at one instant. */
  readWhy(input: WhyQuestion): Promise<WhyFacts | { readonly outcome: 'no-execution' | 'no-task' | 'no-client' }>
}
