import type { Clock, Ms } from '@octopus/kit/clock.ts'
import type { Random } from '@octopus/kit/random.ts'

/**
 * Clients that are taken in side by side, from `hello` until their inventory is settled. Each costs the store some
 * writes: so a person's request waits behind those of a hundred clients, not behind those of all.
 */
export const ADMITTED_AT_ONCE = 100
/** Clients that wait for their turn; more are sent away, to come again. */
export const ADMISSION_WAITING_MAX = 2_000
/** Who has waited so long is sent away too: its connection has to be welcomed in time, and not only just. */
export const ADMISSION_WAIT_MS_MAX: Ms = 5_000
/** One that was admitted and says nothing more does not keep its place for longer. */
export const ADMITTED_MS_MAX: Ms = 10_000
/** Who is sent away comes back at random within this window, so that it is no second storm. */
const COME_BACK_MS: { readonly least: Ms; readonly most: Ms } = { least: 1_000, most: 10_000 }

export type AdmissionOutcome =
  /** It has a place, and gives it back by this; twice is as good as once. */
  | { readonly leave: () => void }
  /** There are too many: come back after this time. */
  | { readonly comeBackMs: Ms }

interface Waiting {
  admit(): void
}

/** Lets clients in, so many at a time, in the order in which they came. */
export class Admission {
  readonly #clock: Clock
  readonly #random: Random
  readonly #signal: AbortSignal
  readonly #waiting = new Set<Waiting>()
  #inside = 0

  constructor(needs: { readonly clock: Clock; readonly random: Random; readonly signal: AbortSignal }) {
    this.#clock = needs.clock
    this.#random = needs.random
    this.#signal = needs.signal
  }

  get inside(): number {
    return this.#inside
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Waits for its turn, but not for longer than this and than `ADMISSION_WAIT_MS_MAX`. */
  async enter(patienceMs: Ms): Promise<AdmissionOutcome> {
    if (this.#inside < ADMITTED_AT_ONCE) return { leave: this.#admit() }
    if (this.#waiting.size >= ADMISSION_WAITING_MAX) return this.#sentAway()
    const turn = Promise.withResolvers<AdmissionOutcome>()
    const over = new AbortController()
    const place: Waiting = { admit: () => turn.resolve({ leave: this.#admit() }) }
    this.#waiting.add(place)
    const giveUp = (): void => {
      if (this.#waiting.delete(place)) turn.resolve(this.#sentAway())
    }
    const waitMs = Math.min(patienceMs, ADMISSION_WAIT_MS_MAX)
    void this.#clock.after(waitMs, AbortSignal.any([this.#signal, over.signal])).then(giveUp, giveUp)
    return turn.promise.finally(() => over.abort(new Error('its turn has come')))
  }

  #sentAway(): AdmissionOutcome {
    const { least, most } = COME_BACK_MS
    return { comeBackMs: Math.round(least + this.#random.fraction() * (most - least)) }
  }

  #admit(): () => void {
    this.#inside += 1
    const over = new AbortController()
    const leave = (): void => {
      if (over.signal.aborted) return
      over.abort(new Error('it has left'))
      this.#inside -= 1
      const [next] = this.#waiting
      if (next && this.#waiting.delete(next)) next.admit()
    }
    void this.#clock.after(ADMITTED_MS_MAX, AbortSignal.any([this.#signal, over.signal])).then(leave, () => {})
    return leave
  }
}
