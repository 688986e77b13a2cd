import type { Clock, Ms } from '@octopus/kit/clock.ts'

import type { Session } from './session.ts'

/** Sessions are looked at in steps of this length: one wheel for all, no timer per client. */
const STEP_MS: Ms = 250

interface PresenceNeeds {
  readonly clock: Clock
  /** Until when the server waits for a word of this session, by the monotonic clock. */
  readonly presenceEnds: (session: Session) => Ms
  readonly onSilent: (session: Session) => void
}

/**
 * Watches for clients that have fallen silent. A heartbeat only moves a number; a session is looked at when its presence
 * would have ended without any, which is once per presence and client.
 */
export class PresenceWheel {
  readonly #needs: PresenceNeeds
  readonly #steps = new Map<number, Session[]>()
  #wake: (() => void) | undefined

  constructor(needs: PresenceNeeds) {
    this.#needs = needs
  }

  watch(session: Session): void {
    const step = Math.ceil(this.#needs.presenceEnds(session) / STEP_MS)
    const sessions = this.#steps.get(step)
    if (sessions) sessions.push(session)
    else this.#steps.set(step, [session])
    this.#wake?.()
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#needs
    while (!signal.aborted) {
      const next = this.#nextStep()
      const woken = new AbortController()
      this.#wake = () => woken.abort()
      const either = AbortSignal.any([signal, woken.signal])
      const wait = next === undefined ? never(either) : clock.after(next * STEP_MS - clock.monotonic(), either)
      await wait.catch(() => {})
      this.#wake = undefined
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
        if (this.#needs.presenceEnds(session) <= now) this.#needs.onSilent(session)
        else this.watch(session)
      }
    }
  }
}

function never(signal: AbortSignal): Promise<void> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
}
