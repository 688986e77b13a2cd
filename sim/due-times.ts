import type { CatchUp } from '@octopus/protocol/work.ts'

import { Broken } from './broken.ts'

/** An outage leaves at most so many to make up for. Written here again on purpose: the server's number is on trial. */
const MADE_UP_FOR: Readonly<Record<CatchUp, number>> = { none: 0, last: 1, all: 100 }
/** A server that is up has made the runs of a due time after this time at the latest. */
export const EPSILON_MS = 2_000

export interface MadeRun {
  readonly dueAt: number
  readonly cause: string
}

/**
 * Says from the definition alone which runs of one schedule must exist (invariants S2 and S6). It is told when the
 * server was up, and looks at the runs whenever it dies: what a crash cut short is still missed.
 */
export class DueTimes {
  readonly #name: string
  readonly #catchUp: CatchUp
  readonly #next: (after: number) => number
  readonly #seen = new Set<number>()
  /** Due, and without a run. */
  #missed: number[] = []
  #lookedUntil: number
  /** How many of them nobody will ever make up for. */
  dropped = 0
  /** How many due times have been looked at. */
  get looked(): number {
    return this.#seen.size
  }

  constructor(
    name: string,
    startAt: number,
    spec: { readonly catchUp: CatchUp; readonly next: (after: number) => number },
  ) {
    this.#name = name
    this.#catchUp = spec.catchUp
    this.#next = spec.next
    this.#lookedUntil = startAt - 1
  }

  isDueBetween(from: number, to: number): boolean {
    return this.#next(from - 1) <= to
  }

  nextDue(): number {
    return this.#next(this.#lookedUntil)
  }

  /** It is up since `from`, and goes on: what was due so lately that its run may still be made is looked at later. */
  isUp(from: number, now: number, runs: readonly MadeRun[]): void {
    const until = now - EPSILON_MS
    const looked = runs.filter(({ dueAt }) => dueAt <= until)
    this.#look({ from, until, surelyUntil: until }, looked)
  }

  /** The server was up from `from` until `until`, surely until `seenAt`, and these are all runs there are then. */
  wasUp(from: number, until: number, runs: readonly MadeRun[], seenAt = until): void {
    this.#look({ from, until, surelyUntil: seenAt - EPSILON_MS }, runs)
  }

  #look(
    { from, until, surelyUntil }: { readonly from: number; readonly until: number; readonly surelyUntil: number },
    runs: readonly MadeRun[],
  ): void {
    const causes = new Map(runs.map(({ dueAt, cause }) => [dueAt, cause]))
    this.#missed.push(...this.#dueUntil(from - 1))
    this.#checkCaughtUp(causes, surelyUntil >= from)
    for (const dueAt of this.#dueUntil(until)) {
      const cause = causes.get(dueAt)
      if (cause === undefined && dueAt <= surelyUntil) this.#broken(`S2: no run for ${dueAt}`)
      if (cause === undefined) this.#missed.push(dueAt)
      else this.#made(dueAt, cause, 'schedule')
    }
    for (const dueAt of causes.keys()) if (!this.#seen.has(dueAt)) this.#broken(`S6: a run for ${dueAt}, which is none`)
  }

  /** Oldest first, a crash may have come in between; what is beyond the limit was dropped with the first of them. */
  #checkCaughtUp(causes: ReadonlyMap<number, string>, settled: boolean): void {
    const limit = MADE_UP_FOR[this.#catchUp]
    const expected = limit === 0 ? [] : this.#missed.slice(-limit)
    const made = expected.filter((dueAt) => causes.has(dueAt))
    made.forEach((dueAt, index) => {
      if (dueAt !== expected[index]) this.#broken(`S6: ${expected[index]} was passed over`)
      this.#made(dueAt, causes.get(dueAt) ?? '', 'catch-up')
    })
    if (settled && made.length < expected.length)
      this.#broken(`S6: ${made.length} of ${expected.length} were made up for`)
    if (!settled && made.length === 0) return
    this.dropped += this.#missed.length - expected.length
    this.#missed = expected.slice(made.length)
  }

  #made(dueAt: number, cause: string, expected: string): void {
    if (cause !== expected) this.#broken(`${dueAt} is a run of ${cause}, and should be one of ${expected}`)
    this.#seen.add(dueAt)
  }

  #dueUntil(until: number): readonly number[] {
    const due: number[] = []
    for (let at = this.#next(this.#lookedUntil); at <= until; at = this.#next(at)) due.push(at)
    this.#lookedUntil = Math.max(this.#lookedUntil, until)
    return due
  }

  #broken(what: string): never {
    throw new Broken(`${this.#name}: ${what}`)
  }
}
