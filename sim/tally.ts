import { FAULT_NAMES } from './faults.ts'
import type { Report } from './scenario.ts'
import { TRANSITIONS } from './transitions.ts'

/** How often it must have happened over so many seeds; of other numbers of seeds, in proportion. */
const PER_SEEDS = 500
const FAULT_MIN = 100
const TRANSITION_MIN = 50
/** Of every seed. */
const STEPS_MIN = 200
const FAULTS_MIN = 3

/** What all seeds did together: a simulation in which nothing happened proves nothing. */
export class Tally {
  readonly reports: Report[] = []

  add(report: Report): void {
    this.reports.push(report)
  }

  sum(of: (report: Report) => number | undefined): number {
    return this.reports.reduce((total, report) => total + (of(report) ?? 0), 0)
  }

  /** How often each fault struck, and each rule of the state table was applied. */
  counts(): { readonly faults: readonly Count[]; readonly transitions: readonly Count[] } {
    return {
      faults: FAULT_NAMES.map((name) => ({ name, count: this.sum(({ faults }) => faults[name]) })),
      transitions: TRANSITIONS.map((name) => ({ name, count: this.sum(({ transitions }) => transitions[name]) })),
    }
  }

  /** What did not happen often enough, in words; nothing if the seeds were worth it. */
  shortfalls(): readonly string[] {
    const share = this.reports.length / PER_SEEDS
    const tooFew = (counts: readonly Count[], min: number): readonly string[] =>
      counts
        .filter(({ count }) => count < Math.floor(min * share))
        .map(({ name, count }) => `"${name}" happened ${count} times; ${Math.floor(min * share)} are wanted`)
    const { faults, transitions } = this.counts()
    const poor = this.reports
      .filter(({ steps, faults: some }) => steps < STEPS_MIN || total(some) < FAULTS_MIN)
      .map(({ seed, steps, faults: some }) => `seed ${seed} had ${steps} steps and ${total(some)} faults`)
    return [...tooFew(faults, FAULT_MIN), ...tooFew(transitions, TRANSITION_MIN), ...poor]
  }
}

export interface Count {
  readonly name: string
  readonly count: number
}

function total(counts: Readonly<Partial<Record<string, number>>>): number {
  return Object.values(counts).reduce<number>((sum, count) => sum + (count ?? 0), 0)
}
