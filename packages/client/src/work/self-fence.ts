import type { Clock, Ms } from '@octopus/kit/clock.ts'
import type { Log } from '@octopus/kit/log.ts'
import type { Signal } from '@octopus/kit/signal.ts'

import type { Session } from '#connection/session.ts'

import { end, type Attempt } from './attempt.ts'
import type { Desk } from './desk.ts'

/** The kill ladder takes 10 s and a look 1 s; with what is left the process tree is gone before hold ends. */
export const STOP_BEFORE_HOLD_MS: Ms = 15_000
/** A runner that hears nothing from its client ends by itself a little later, but still before hold ends. */
const RUNNER_BEFORE_HOLD_MS: Ms = 5_000
/** While something could have to be stopped, both clocks are looked at this often: a laptop that slept wakes to it. */
const LOOK_MS: Ms = 1_000

/**
 * Stops executions with `onDisconnect: stop` before the server may hand them to somebody else: at hold − 15 s after the
 * last echoed heartbeat of the attempt's own session was sent. A newer session renews it only by `go-on`.
 */
export async function fenceItself(
  needs: { readonly clock: Clock; readonly log: Log; readonly desk: Desk; readonly started: Signal },
  signal: AbortSignal,
): Promise<void> {
  const stoppable = (): readonly Attempt[] =>
    needs.desk.all().filter((attempt) => attempt.running && attempt.item.onDisconnect === 'stop')
  for (;;) {
    // A client at rest does not tick.
    if (stoppable().length === 0) await needs.started.woken(signal)
    else await needs.clock.after(LOOK_MS, signal)
    // Looked at anew: what ended meanwhile was not stopped by anybody.
    for (const attempt of stoppable()) stopIfTooLate(needs.log, attempt)
  }
}

/** Stops what had to be stopped by now. Whether a look or a new session comes first after a sleep decides nothing. */
export function stopIfTooLate(log: Log, attempt: Attempt): void {
  if (!attempt.running || attempt.item.onDisconnect !== 'stop') return
  if (attempt.fenced || holdLeft(attempt) > STOP_BEFORE_HOLD_MS) return
  log.warn('stopped-on-disconnect', { ...attempt.key })
  attempt.fenced = true
  end(attempt, 'stopped-on-disconnect')
}

/** How long it is until the first execution has to be stopped if the server is not heard; Infinity when none will be. */
export function firstStopInMs(desk: Desk): Ms {
  const left = desk
    .all()
    .filter(({ running, item, fenced }) => running && item.onDisconnect === 'stop' && !fenced)
    .map((attempt) => holdLeft(attempt) - STOP_BEFORE_HOLD_MS)
  return left.reduce((least, ms) => Math.min(least, ms), Infinity)
}

/** The server was heard in this session: its runners may live on. */
export function renewHolds(desk: Desk, session: Session): void {
  for (const attempt of desk.all()) if (attempt.custody.session === session) renewHold(attempt)
}

export function renewHold(attempt: Attempt): void {
  if (attempt.item.onDisconnect !== 'stop' || !attempt.running) return
  attempt.running.renewHold(Math.max(0, holdLeft(attempt) - RUNNER_BEFORE_HOLD_MS))
}

function holdLeft(attempt: Attempt): Ms {
  const session = attempt.custody.session
  return session ? session.holdMs - session.lease.age() : 0
}
