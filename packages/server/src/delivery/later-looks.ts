import type { EpochMs, Ms } from '@octopus/kit/clock.ts'

/** Looks are put off to the next whole step: so few times are kept, however often a client rejects. */
const STEP_MS: Ms = 250

/** Who is to be looked at again, and when: each once at a time. */
export class LaterLooks<Who> {
  readonly #byTime = new Map<EpochMs, Set<Who>>()

  add(who: Who, at: EpochMs): void {
    const step = Math.ceil(at / STEP_MS) * STEP_MS
    this.#byTime.getOrInsertComputed(step, () => new Set()).add(who)
  }

  /** Takes out those whose time has come. */
  takeDue(now: EpochMs): readonly Who[] {
    const times = [...this.#byTime.keys()].filter((at) => at <= now)
    return times.flatMap((at) => this.#take(at))
  }

  /** None is put off for longer than until then. */
  shorten(latest: EpochMs): void {
    const times = [...this.#byTime.keys()].filter((at) => at > latest)
    for (const who of times.flatMap((at) => this.#take(at))) this.add(who, latest)
  }

  /** When the next one is due. */
  nextAt(): EpochMs | undefined {
    return this.#byTime.keys().reduce<EpochMs | undefined>((min, at) => Math.min(at, min ?? at), undefined)
  }

  #take(at: EpochMs): readonly Who[] {
    const all = this.#byTime.get(at) ?? []
    this.#byTime.delete(at)
    return [...all]
  }
}
