import type { EpochMs, Ms } from '@octopus/kit/clock.ts'
import type { AttemptKey } from '@octopus/protocol/attempt.ts'
import type { InventoryAttempt, ReportedError } from '@octopus/protocol/from-client.ts'
import type { ExecuteItem } from '@octopus/protocol/from-server.ts'
import type { Checksum, ClientId, ExecutionId, RunId, SessionId, TaskId } from '@octopus/protocol/ids.ts'
import type {
  Disposition,
  End,
  EndReason,
  ExecutionStateName,
  Language,
  OnDisconnect,
  Rejection,
  RetryEnd,
  SlotKind,
  Verdict,
} from '@octopus/protocol/work.ts'

import type { Actor, Page, PageRequest } from '#store/page.ts'

import type { RetryPolicy } from './retry.ts'

/** What became of what a client said of attempts. What is over already, or in newer hands, is passed over in silence. */
export interface Heard {
  readonly touched: Touched
  /** Of executions that never were at this client, or that it has rejected already: nothing that it could have to say. */
  readonly notTheirs: readonly AttemptKey[]
}

export interface Slot {
  readonly kind: SlotKind
  readonly value: string
}

/** An execution as it is stored, without the result's body. */
export interface ExecutionRecord {
  readonly id: ExecutionId
  readonly runId: RunId
  readonly taskId: TaskId
  readonly taskName: string
  readonly plugin: string
  /** Null: the source was tried out and is none of the plugin's versions. */
  readonly pluginVersion: number | null
  readonly try: boolean
  readonly checksum: Checksum
  readonly language: Language
  readonly action: string
  readonly slot: Slot
  /** The slot for people: the client's name, the user's name, or "anyone". */
  readonly slotLabel: string
  readonly client: ClientId | null
  readonly clientName: string | null
  readonly state: ExecutionStateName
  readonly reason: string | null
  readonly attempt: number
  readonly fence: number | null
  readonly onDisconnect: OnDisconnect
  readonly dueAt: EpochMs
  readonly queuedAt: EpochMs
  readonly assignedAt: EpochMs | null
  readonly startedAt: EpochMs | null
  readonly endedAt: EpochMs | null
  readonly deadlineAt: EpochMs
  readonly endsAtLatest: EpochMs | null
  readonly cancelRequestedAt: EpochMs | null
}

export interface StoredResult {
  readonly valueJson: string | null
  readonly valueKind: 'json' | 'text'
  readonly error: ReportedError | null
  readonly outputBytes: number
  readonly outputCut: boolean
  readonly valueCut: boolean
}

export interface LateResult extends StoredResult {
  readonly attempt: number
  readonly fence: number
  readonly end: End
  readonly reason: EndReason
  readonly client: ClientId
  readonly receivedAt: EpochMs
}

/** An attempt that another one followed. */
export interface EarlierAttempt {
  readonly attempt: number
  readonly fence: number
  readonly client: ClientId
  readonly clientName: string
  readonly end: RetryEnd
  readonly reason: string
  readonly proved: boolean
  readonly assignedAt: EpochMs | null
  readonly startedAt: EpochMs | null
  readonly endedAt: EpochMs
  readonly result: StoredResult | null
}

export interface ExecutionDetail extends ExecutionRecord {
  readonly retry: RetryPolicy
  readonly attempts: readonly EarlierAttempt[]
  readonly notBefore: EpochMs
  readonly disconnectedAt: EpochMs | null
  /** The name of the client that may still have a process of an earlier attempt. */
  readonly unprovenClient: string | null
  readonly rejections: readonly LastingRejection[]
  /** Clients that rejected it in passing. */
  readonly avoided: readonly (AvoidedClient & { readonly name: string })[]
  readonly argsJson: string
  readonly kwargsJson: string
  readonly result: StoredResult | null
  /** That with which the result came. Null: none came, and `result` tells at most why the client refused the execution. */
  readonly resultFence: number | null
  readonly lateResults: readonly LateResult[]
}

/** A client that an execution is not offered to until then. */
export interface AvoidedClient {
  readonly client: ClientId
  readonly until: EpochMs
}

/** A queued execution, as much of it as choosing a client needs. */
export interface QueuedExecution {
  readonly id: ExecutionId
  readonly slot: Slot
  readonly language: Language
  readonly priority: number
  /** Those that have rejected it in passing. */
  readonly avoided: readonly AvoidedClient[]
  /** Clients that will not do it. */
  readonly rejectedBy: readonly ClientId[]
  /** Clients that have tried it before. */
  readonly tried: readonly ClientId[]
  /** Only this client: it may still have a process of an earlier attempt, which it ends first. */
  readonly onlyClient: ClientId | null
}

/** A client will not do an execution, and why. */
export interface LastingRejection {
  readonly client: ClientId
  readonly name: string
  readonly reason: Rejection
}

/** Clients that can run a language, for each language that any of them can run. */
export type Takers = Readonly<Partial<Record<Language, readonly ClientId[]>>>

export interface Placement {
  readonly execution: ExecutionId
  readonly client: ClientId
  /** Premise: the client's session is still this one. */
  readonly session: SessionId
}

export type HandOverOutcome =
  | {
      readonly outcome: 'handed-over'
      readonly client: ClientId
      readonly session: SessionId
      readonly item: ExecuteItem
      /** Since it could have been handed over first. */
      readonly waitedMs: Ms
    }
  /** A premise did not hold; the execution is planned again. */
  | { readonly outcome: 'stale'; readonly execution: ExecutionId; readonly client: ClientId }

export interface ReportedResult extends StoredResult, AttemptKey {
  /** The MAC was checked by the edge. An unproved result is refused. */
  readonly proved: boolean
  readonly end: End
  readonly reason: EndReason
  readonly startedAt: EpochMs | null
  readonly endedAt: EpochMs
}

export type ResultOutcome =
  | { readonly key: AttemptKey; readonly disposition: Disposition; readonly code: string }
  /** Proved, but the execution is unknown here: an older backup was restored. The client keeps it. */
  | { readonly key: AttemptKey; readonly disposition: 'unanswered'; readonly code: string }

/** What a write changed, for those who watch and for the loops that are woken. */
export interface Touched {
  readonly executions: readonly ExecutionId[]
  readonly runs: readonly RunId[]
  readonly tasks: readonly TaskId[]
  /** Slots in which something is queued now. */
  readonly queuedSlots: readonly Slot[]
  /** Clients of which an execution ended or was taken back: they may have room now. */
  readonly freed: readonly { readonly client: ClientId; readonly execution: ExecutionId }[]

  /** How long it is until the earliest end time written; null if none was. */
  readonly endsInMs: Ms | null
  /** How long it is until the earliest next attempt written may begin; left out if none was. */
  readonly retriesInMs?: Ms
}

export interface CancelRequest {
  readonly client: ClientId
  readonly key: AttemptKey
  readonly reason: 'cancelled' | 'timed-out'
}

export interface ReconcileOutcome {
  /** False: the client has no session by now, or another one, as it was deleted meanwhile; nothing is settled. */
  readonly isCurrent: boolean
  readonly verdicts: readonly (AttemptKey & { readonly verdict: Verdict })[]
  /** It has proved a fence that this store never gave. */
  readonly futureFence: boolean
  /** What the client holds and goes on with. */
  readonly held: readonly ExecutionId[]
  readonly touched: Touched
}

export interface ExecutionFilter {
  /** A group of equal ends; only together with `run`. */
  readonly digest?: string | undefined
  readonly task?: TaskId | undefined
  readonly run?: RunId | undefined
  readonly client?: ClientId | undefined
  /** Made for this user, or done by one of their clients. */
  readonly user?: string | undefined
  readonly state?: ExecutionStateName | undefined
  /** When it was queued first: from then on, and before that. */
  readonly from?: EpochMs | undefined
  readonly to?: EpochMs | undefined
}

/**
 * What time alone ends not: all that is out of contact; or everything that is in clients' hands, since the server was
 * away itself and has yet to hear what became of it.
 */
export type Withheld = 'nothing' | 'out-of-contact' | 'handed-out'

/** Where executions live. Every method is one atomic act; `now` is the wall time, `steady` a wall time that never steps. */
export interface ExecutionStore {
  /** Up to `limit` queued executions of each slot, by priority and age, that may be handed out at `now`. */
  readQueued(input: {
    readonly now: EpochMs
    readonly slots: readonly (Slot & {
      readonly limit: number
      /** Clients that could take from this slot now, by the languages that they can run; of very many, some. */
      readonly takers: Takers
      /** Nothing but what these clients alone may take. */
      readonly onlyTheirs?: true
    })[]
  }): Promise<readonly QueuedExecution[]>
  /** Slots in which a next attempt may begin since `after`, by `now`; and when the next one may. */
  readRetries(input: {
    readonly now: EpochMs
    readonly after: EpochMs
  }): Promise<{ readonly slots: readonly Slot[]; readonly nextAt: EpochMs | null }>
  /**
   * The wall clock was set: no pause, after a rejection or before a next attempt, lasts longer from `now` on than one
   * that begins now. As good twice as once.
   */
  shortenPauses(input: { readonly now: EpochMs }): Promise<void>
  /**
   * Hands over each execution whose premises still hold (state, session, approval, binding, deadline, nothing stopped),
   * with a new fence. Answers item by item. Two callers never hand over the same execution.
   */
  handOver(input: {
    readonly now: EpochMs
    readonly steady: EpochMs
    readonly placements: readonly Placement[]
  }): Promise<{ readonly outcomes: readonly HandOverOutcome[]; readonly touched: Touched }>
  /** Hand-overs that were never given to a socket: back to the queue. */
  takeBack(input: {
    readonly now: EpochMs
    readonly client: ClientId
    readonly attempts: readonly AttemptKey[]
  }): Promise<Touched>
  /** Writes `running` for attempts that still are at this client. */
  recordStarted(input: {
    readonly now: EpochMs
    readonly steady: EpochMs
    readonly client: ClientId
    readonly attempts: readonly (AttemptKey & { readonly startedAt: EpochMs })[]
  }): Promise<Heard>
  /** Passing rejections go back to the queue, not this client for a while; lasting ones end, or try others. */
  recordRejected(input: {
    readonly now: EpochMs
    readonly client: ClientId
    readonly attempts: readonly (AttemptKey & { readonly reason: Rejection; readonly detail: string })[]
  }): Promise<Heard>
  /** Stores each result as applied, late, duplicate or refused, once. One bad result refuses itself only. */
  storeResults(input: {
    readonly now: EpochMs
    readonly client: ClientId
    readonly journalId: string
    readonly journalSeq: number
    readonly results: readonly ReportedResult[]
  }): Promise<{ readonly outcomes: readonly ResultOutcome[]; readonly touched: Touched }>
  /** Holds the inventory of a client against what is stored of it, and settles every difference (design 4). */
  reconcile(input: {
    readonly now: EpochMs
    readonly client: ClientId
    readonly session: SessionId
    readonly steady: EpochMs
    readonly holdEndsAt: EpochMs
    readonly journalId: string
    readonly journalSeq: number
    readonly attempts: readonly (InventoryAttempt & { readonly proved: boolean })[]
  }): Promise<ReconcileOutcome>
  /**
   * Asks to cancel: what is queued is cancelled at once, what is handed out is barred from all but its end. A slice at
   * a time: `more` says that the same call goes on where this one stopped.
   */
  requestCancel(input: {
    readonly now: EpochMs
    readonly actor: Actor
    readonly target:
      | { readonly execution: ExecutionId }
      | { readonly run: RunId }
      /** What is left of runs that were cancelled before. */
      | { readonly runs: readonly RunId[] }
      | { readonly task: TaskId }
      | { readonly everything: true }
  }): Promise<{ readonly requests: readonly CancelRequest[]; readonly touched: Touched; readonly more: boolean }>
  /** Some active runs that were cancelled, but not yet each of their executions: whoever did it died, or was refused. */
  readHalfCancelled(input: Record<string, never>): Promise<readonly RunId[]>
  /** Cancels what still waits for a client that was revoked, a slice at a time: whoever revoked it died, or was refused. */
  cancelForRevoked(input: { readonly now: EpochMs }): Promise<{ readonly touched: Touched; readonly more: boolean }>
  /** Makes final what is past its end time, at most `limit`; `more` says that there is more. */
  endOverdue(input: {
    readonly now: EpochMs
    readonly steady: EpochMs
    readonly limit: number
    readonly braked: Withheld
  }): Promise<{ readonly requests: readonly CancelRequest[]; readonly touched: Touched; readonly more: boolean }>
  /** The next end time by each clock, or null; without those that the brake holds back. */
  readNextEnd(input: {
    readonly braked: Withheld
  }): Promise<{ readonly queued: EpochMs | null; readonly others: EpochMs | null }>
  /** Who will not do what a task for anyone has queued longest. */
  readRejections(input: { readonly task: TaskId }): Promise<readonly LastingRejection[]>
  readExecution(input: { readonly id: ExecutionId }): Promise<ExecutionDetail | null>
  /** Newest first; for one run, by slot. */
  listExecutions(input: PageRequest & { readonly filter: ExecutionFilter }): Promise<Page<ExecutionRecord>>
}

/** Rejections keep an execution from the same client for this long. */
export const REJECTION_PAUSE_MS: Ms = 30_000
