import { type SeededBug, SIM } from './bug.ts'

const CLIENT = 'packages/client/src'

/** Mistakes on the PC: journal, lease, start, stop. */
export const BUGS_IN_THE_CLIENT: readonly SeededBug[] = [
  {
    name: 'journal-forgets-before-the-answer',
    breaks: ['R2'],
    file: `${CLIENT}/results/report.ts`,
    replace: `      items.push(item)`,
    by: `      items.push(item)
      journal.bury(entry.key)`,
    caughtBy: SIM,
    says: ['D1:', 'R1/R2:'],
  },
  {
    name: 'inventory-leaves-out-what-runs',
    breaks: ['D3'],
    file: `${CLIENT}/work/reconcile.ts`,
    replace: `.filter((attempt) => attempt.wish?.kind !== 'drop')`,
    by: `.filter((attempt) => attempt.wish?.kind !== 'drop' && attempt.phase !== 'started')`,
    caughtBy: SIM,
    says: ['D1:', 'R1/R2:'],
  },
  {
    name: 'newer-attempt-does-not-wait-for-the-older',
    breaks: ['R9'],
    file: `${CLIENT}/work/next-step.ts`,
    replace: `|| view.olderLives || !view.permitted`,
    by: `|| !view.permitted`,
    caughtBy: SIM,
    says: ['R9:', 'O3:'],
  },
  {
    name: 'more-than-its-slots',
    breaks: ['D7'],
    file: `${CLIENT}/work/desk.ts`,
    replace: 'return this.#slotsTaken < this.slots',
    by: 'return this.#slotsTaken <= this.slots',
    caughtBy: SIM,
    says: ['D7:'],
  },
  {
    name: 'result-is-sent-once-only',
    breaks: ['R2'],
    file: `${CLIENT}/results/report.ts`,
    replace: `      if (entry.inFlightBytes === 0) ready.add(entry)`,
    by: '',
    caughtBy: SIM,
    says: ['L4:', 'R1/R2:'],
  },
  {
    name: 'what-was-starting-is-forgotten',
    breaks: ['D3', 'R2'],
    file: `${CLIENT}/results/journal.ts`,
    replace: `    book.apply({ kind: 'ended', seq: ++seq, storedBytes: 0, result: lostInRestart(entry, clock.wall()) })`,
    by: `    book.apply({ kind: 'dropped', seq: ++seq, ...keyOf(lostInRestart(entry, clock.wall())) })`,
    caughtBy: SIM,
    says: ['D1:'],
  },
]
