import type { Ms } from '@octopus/kit/clock.ts'
import { refusal } from '@octopus/protocol/errors.ts'

/** Archives have 50 MB: so many at a time fill any line, and who waits is told how long. */
export const DOWNLOADS_MAX = 200
/** Of one address: an office behind one address installs its PCs in turns. */
export const DOWNLOADS_PER_ADDRESS_MAX = 50
/** A reader that takes nothing for this long has gone. */
export const STALLED_MS: Ms = 60_000
/** curl and install.sh wait this long and ask again. */
const RETRY_SECONDS = 10

/** Counts downloads that are under way. They last minutes, so a rate alone would not bound them. */
export class Downloads {
  readonly #byAddress = new Map<string, number>()
  #open = 0

  /** Takes a place; throws TOO_MANY_REQUESTS when there is none. What it answers gives the place back, once. */
  enter(address: string): () => void {
    const own = this.#byAddress.get(address) ?? 0
    if (this.#open >= DOWNLOADS_MAX || own >= DOWNLOADS_PER_ADDRESS_MAX) {
      throw refusal('TOO_MANY_REQUESTS', { seconds: RETRY_SECONDS })
    }
    this.#open += 1
    this.#byAddress.set(address, own + 1)
    let left = false
    return () => {
      if (left) return
      left = true
      this.#open -= 1
      const others = (this.#byAddress.get(address) ?? 1) - 1
      if (others === 0) this.#byAddress.delete(address)
      else this.#byAddress.set(address, others)
    }
  }
}
