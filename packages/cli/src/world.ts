import type { Clock } from '@octopus/kit/clock.ts'
import type { Random } from '@octopus/kit/random.ts'

/** Where text goes. */
export interface Sink {
  write(text: string): void
  /** Somebody looks at it: lines may be drawn again, colours mean something. */
  readonly isTerminal: boolean
  /** Of a terminal. */
  columns(): number
}

/** What commands need of the machine; tests give what they like. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
  readonly homeFolder: string
  readonly workFolder: string
  readonly out: Sink
  /** For people: what goes on, problems, questions. */
  readonly err: Sink
  readonly clock: Clock
  readonly random: Random
  readonly fetch: typeof fetch
  /** Somebody can be asked. */
  readonly canAsk: boolean
  /** Asks for one line; a secret is not shown while it is typed. */
  ask(question: string, secret: boolean): Promise<string>
  /** Everything on standard input. */
  readInput(): Promise<string>
  /** Calls when somebody presses Ctrl-C (or the system asks to end); answers how to stop listening. */
  onInterrupt(listen: () => void): () => void
}
