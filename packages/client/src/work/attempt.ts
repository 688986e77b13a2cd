import type { Clock, EpochMs } from '@octopus/kit/clock.ts'
import { startWatch, type Watch } from '@octopus/kit/elapsed.ts'
import { createSignal, type Signal } from '@octopus/kit/signal.ts'
import type { AttemptKey } from '@octopus/protocol/attempt.ts'
import type { ExecuteItem } from '@octopus/protocol/from-server.ts'
import type { End, Rejection } from '@octopus/protocol/work.ts'

import { keyOf } from '#attempt-key.ts'
import type { Custody, Session } from '#connection/session.ts'
import type { RunningAttempt, StopReason } from '#runner/runner.ts'

/** What somebody wants of an attempt that has not started. The first wish counts. */
export type Wish =
  | { readonly kind: 'end'; readonly reason: StopReason }
  | { readonly kind: 'reject'; readonly reason: Rejection; readonly detail: string }
  /** Gone without a word: the server knows already. */
  | { readonly kind: 'drop' }

/** One attempt in the client's hands, from its arrival until its result is in the journal. */
export interface Attempt {
  readonly key: AttemptKey
  readonly item: ExecuteItem
  readonly custody: Custody
  /** `startWithinMs` counts from here. */
  readonly arrived: Watch
  /** `held`: in memory only. `starting`: in the journal, and perhaps with a runner. `started`: the plugin's code runs. */
  phase: 'held' | 'starting' | 'started'
  hasSlot: boolean
  /** The verified bytes that will run. */
  source: Buffer | undefined
  running: RunningAttempt | undefined
  startedAt: EpochMs | undefined
  wish: Wish | undefined
  /** It was stopped because the hold ran out. */
  fenced: boolean
  /** Something that it waits for may have changed. */
  readonly changed: Signal
}

export function newAttempt(item: ExecuteItem, session: Session, clock: Clock): Attempt {
  return {
    key: keyOf(item),
    item,
    custody: { session },
    arrived: startWatch(clock),
    phase: 'held',
    hasSlot: false,
    source: undefined,
    running: undefined,
    startedAt: undefined,
    wish: undefined,
    fenced: false,
    changed: createSignal(),
  }
}

/** Ends an attempt wherever it is: a running one by its runner's kill ladder, one that has not started at its next look. */
export function end(attempt: Attempt, reason: StopReason): void {
  if (attempt.running) return attempt.running.stop(reason)
  wish(attempt, { kind: 'end', reason })
}

/** Ends an attempt of which the server wants to hear nothing more. */
export function forget(attempt: Attempt): void {
  attempt.wish = { kind: 'drop' }
  attempt.running?.stop('cancelled')
  attempt.changed.wake()
}

export function wish(attempt: Attempt, wanted: Wish): void {
  attempt.wish ??= wanted
  attempt.changed.wake()
}

/** How an attempt that was stopped for this reason is reported. */
export const END_OF: Readonly<Record<StopReason, End>> = {
  cancelled: 'cancelled',
  'timed-out': 'timed-out',
  'stopped-on-disconnect': 'lost',
  'client-stopping': 'lost',
}
