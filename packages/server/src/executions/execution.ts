import type { ClientId } from '@octopus/protocol/ids.ts'
import type { End, ExecutionStateName, FinalState, RetryEnd } from '@octopus/protocol/work.ts'
import { FINAL_STATES } from '@octopus/protocol/work.ts'

/**
 * The life of an execution: the only place that knows which state may follow which. Every write of a state in the store
 * goes through `next`. The diagram in `docs/execution-life.md` is generated from `RULES` and checked by a test.
 */
export type ExecutionState =
  | { readonly state: 'queued' }
  | { readonly state: 'assigned'; readonly client: ClientId; readonly fence: number }
  | { readonly state: 'running'; readonly client: ClientId; readonly fence: number }
  | { readonly state: 'disconnected'; readonly client: ClientId; readonly fence: number }
  | { readonly state: FinalState; readonly reason: string }

export type ExecutionEvent =
  /** Given to a client, with a new fence. */
  | { readonly on: 'handed-over'; readonly client: ClientId; readonly fence: number }
  /** Proved not to have started: never sent, never journalled, or rejected in passing. */
  | { readonly on: 'taken-back' }
  /** The client says that the plugin runs. */
  | { readonly on: 'started' }
  /** The client's session ended, or a newer one does not know the attempt for sure. */
  | { readonly on: 'contact-lost' }
  /** The inventory of the client holds the attempt, not started yet. */
  | { readonly on: 'still-held' }
  /** The inventory of the client holds the attempt, running or ended. */
  | { readonly on: 'still-running' }
  /** The client's result. */
  | { readonly on: 'ended'; readonly end: End; readonly reason: string }
  /** The attempt has ended, and another one follows. */
  | { readonly on: 'tried-again' }
  /** The latest start has passed; `earlier` is how the attempt before the one that never came ended. */
  | { readonly on: 'deadline-passed'; readonly earlier?: EarlierEnd | undefined }
  /** A newer execution of its slot takes its place in the queue. */
  | { readonly on: 'replaced'; readonly reason: string }
  /** The server's own limit has passed, the client being in contact. */
  | { readonly on: 'overran' }
  /** Out of contact for longer than anybody waits. */
  | { readonly on: 'given-up'; readonly reason: string }
  /** A person asked, and the client has nothing of it, or cannot be asked any more. */
  | { readonly on: 'cancelled'; readonly reason: string }
  /** The store went back to a backup: what was under way then is under way no more. */
  | { readonly on: 'restored' }
  /** This client will not do it (it cannot run it, or came too late). */
  | { readonly on: 'refused'; readonly reason: string; readonly earlier?: EarlierEnd | undefined }

/** How an earlier attempt of the execution ended. */
export interface EarlierEnd {
  readonly end: RetryEnd
  readonly reason: string
}

type Rule<S extends ExecutionStateName, E extends ExecutionEvent['on']> = (
  from: Extract<ExecutionState, { state: S }>,
  event: Extract<ExecutionEvent, { on: E }>,
) => ExecutionState

type Rules = { readonly [S in ExecutionStateName]: { readonly [E in ExecutionEvent['on']]?: Rule<S, E> } }

const ended = (_: unknown, event: { readonly end: End; readonly reason: string }): ExecutionState => ({
  state: event.end,
  reason: event.reason,
})
const cancelled = (_: unknown, event: { readonly reason: string }): ExecutionState => ({
  state: 'cancelled',
  reason: event.reason,
})
/** What was tried once and came too late for another attempt ended as it was tried. */
const tooLate = (reason: string, earlier: EarlierEnd | undefined): ExecutionState =>
  earlier ? { state: earlier.end, reason: earlier.reason } : { state: 'expired', reason }
const failed = (
  _: unknown,
  event: { readonly reason: string; readonly earlier?: EarlierEnd | undefined },
): ExecutionState =>
  event.reason === 'too-late' ? tooLate(event.reason, event.earlier) : { state: 'failed', reason: event.reason }
const queuedAgain = (): ExecutionState => ({ state: 'queued' })
const overran = (): ExecutionState => ({ state: 'timed-out', reason: 'server-limit' })
const disconnected = (from: { readonly client: ClientId; readonly fence: number }): ExecutionState => ({
  state: 'disconnected',
  client: from.client,
  fence: from.fence,
})
const running = (from: { readonly client: ClientId; readonly fence: number }): ExecutionState => ({
  state: 'running',
  client: from.client,
  fence: from.fence,
})
const assigned = (from: { readonly client: ClientId; readonly fence: number }): ExecutionState => ({
  state: 'assigned',
  client: from.client,
  fence: from.fence,
})
const givenUp = (_: unknown, event: { readonly reason: string }): ExecutionState => ({
  state: 'lost',
  reason: event.reason,
})
const restored = (): ExecutionState => ({ state: 'lost', reason: 'restored' })

export const RULES = {
  queued: {
    'handed-over': (_, event) => ({ state: 'assigned', client: event.client, fence: event.fence }),
    'deadline-passed': (_, event) => tooLate('deadline', event.earlier),
    replaced: (_, event) => ({ state: 'skipped', reason: event.reason }),
    cancelled,
    restored,
  },
  assigned: {
    'taken-back': queuedAgain,
    'tried-again': queuedAgain,
    started: running,
    'contact-lost': disconnected,
    'still-held': assigned,
    'still-running': running,
    // A short execution is never written as running.
    ended,
    overran,
    cancelled,
    restored,
    refused: failed,
  },
  running: {
    'tried-again': queuedAgain,
    'contact-lost': disconnected,
    'still-running': running,
    // What runs is cancelled by the client's result, or out of contact: nothing else proves that it is gone.
    ended,
    overran,
    restored,
  },
  disconnected: {
    'taken-back': queuedAgain,
    'tried-again': queuedAgain,
    'still-held': assigned,
    'still-running': running,
    started: running,
    ended,
    'given-up': givenUp,
    cancelled,
    restored,
    refused: failed,
  },
  succeeded: {},
  failed: {},
  'timed-out': {},
  cancelled: {},
  expired: {},
  lost: {},
  skipped: {},
} as const satisfies Rules

/** The state after an event, or undefined where the event means nothing: then no state changes, and the caller says what becomes of it. */
export function next(from: ExecutionState, event: ExecutionEvent): ExecutionState | undefined {
  const rules: Readonly<Record<string, ((from: never, event: never) => ExecutionState) | undefined>> = RULES[from.state]
  return rules[event.on]?.(from as never, event as never)
}

const finals: ReadonlySet<string> = new Set(FINAL_STATES)

/** A final state never changes. */
export function isFinal(state: ExecutionStateName): state is FinalState {
  return finals.has(state)
}
