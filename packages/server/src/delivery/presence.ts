import type { Clock, Ms } from '@octopus/kit/clock.ts'
import { firstOf } from '@octopus/kit/first-of.ts'
import { createSignal } from '@octopus/kit/signal.ts'

import type { Session } from './session.ts'

/** Sessions are looked at in steps of this length: one wheel for all, no timer per client. */
const STEP_MS: Ms = 250

interface PresenceNeeds {
  readonly clock: Clock
  /** Until when the server waits for a word of this session, by the monotonic clock. It only comes later. */
  readonly presenceEnds: (session: Session) => Ms
  readonly onOver: (session: Session) => void
}

/**
 * Watches for clients that have fallen silent. A heartbeat only moves a number; a session is looked at when its presence
 * would have ended without any, which is once per presence and client.
 */
export class PresenceWheel {
  readonly #needs: PresenceNeeds
  readonly #steps = new Map<number, Session[]>()
  readonly #wake = createSignal()

  constructor(needs: PresenceNeeds) {
    this.#needs = needs
  }

  watch(session: Session): void {
    const step = Math.ceil(this.#needs.presenceEnds(session) / STEP_MS)
    const sessions = this.#steps.get(step)
    if (sessions) sessions.push(session)
    else this.#steps.set(step, [session])
    this.#wake.wake()
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#needs
    while (!signal.aborted) {
      const next = this.#nextStep()
      const step =
        next === undefined ? [] : [(either: AbortSignal) => clock.after(next * STEP_MS - clock.monotonic(), either)]
      await firstOf(signal, this.#wake.woken, ...step)
      this.#turn(clock.monotonic())
    }
  }

  #nextStep(): number | undefined {
    let next: number | undefined
    for (const step of this.#steps.keys()) if (next === undefined || step < next) next = step
    return next
  }

  #turn(now: Ms): void {
    for (const [step, sessions] of this.#steps) {
      if (step * STEP_MS > now) continue
      this.#steps.delete(step)
      for (const session of sessions) {
        if (session.phase === 'ended') continue
        if (this.#needs.presenceEnds(session) <= now) this.#needs.onOver(session)
        else this.watch(session)
      }
    }
  }
}
