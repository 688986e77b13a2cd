import type { ClientLink } from './door.ts'

/** Why nothing is read of a connection: it spends more than it has, or what it said is not dealt with yet. */
type Reason = 'pace' | 'backlog'

/** Lets nothing more be read of a connection while there is a reason not to. What is not read waits with its sender. */
export class ReadGate {
  readonly #link: Pick<ClientLink, 'pause' | 'resume'>
  readonly #reasons = new Set<Reason>()

  constructor(link: Pick<ClientLink, 'pause' | 'resume'>) {
    this.#link = link
  }

  /** False: it was shut for this reason already. */
  shut(reason: Reason): boolean {
    if (this.#reasons.has(reason)) return false
    if (this.#reasons.size === 0) this.#link.pause()
    this.#reasons.add(reason)
    return true
  }

  open(reason: Reason): void {
    if (this.#reasons.delete(reason) && this.#reasons.size === 0) this.#link.resume()
  }
}
