/** A mistake that somebody could make, and the test that must notice it. */
export interface SeededBug {
  /** As it is named on the command line. */
  readonly name: string
  /** The promises of docs/guarantees.md that it breaks. */
  readonly breaks: readonly string[]
  readonly file: string
  /** Stands exactly once in the file. */
  readonly replace: string
  readonly by: string
  /** Green without the bug, and must fail with it. */
  readonly caughtBy: Command
  /**
   * What the failure must say: the promise in the simulator's words, or the title of the test. Any of them; a syntax
   * error, or a test that has nothing to do with the bug, does not count.
   */
  readonly says: readonly string[]
}

export type Command = `npm run sim -- ${string}` | `npm test -- ${string}`

/** Seeds enough that each bug below is caught, and few enough for all of them in some minutes. */
export const SIM: Command = 'npm run sim -- --seeds 30 --first 1'

/** One client is cut off beyond its hold, in one direction or both, while it holds what another may be given. */
export const OUT_OF_CONTACT: Command = 'npm test -- sim/out-of-contact.test.ts'
