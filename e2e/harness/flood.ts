import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** Ways to misbehave, each with a client of its own. */
export const FLOODS = [
  'chatter',
  'heartbeats',
  'lies',
  'false-results',
  'large',
  'sync',
  'deaf',
  'pings',
  'strangers',
] as const
export type FloodKind = (typeof FLOODS)[number]

export interface FloodSettings {
  readonly url: string
  /** Good for one enrolment of each kind. */
  readonly token: string
  readonly kinds: readonly FloodKind[]
  /** An execution of somebody else, to lie about. */
  readonly victim: { readonly execution: string; readonly attempt: number; readonly fence: number }
  /** Each kind has its turn for so long, then all of them together; always together if it is 0. Strangers always come. */
  readonly turnMs: number
}

/** What one kind of the flood has done. */
export interface KindCounts {
  /** Messages, or frames, that were given to the network. */
  sent: number
  /** Messages that it would have sent, had the network taken them: the server did not read. */
  held: number
  /** The most that it sent within a second. */
  sentInBestSecond: number
  /** For how long it had its turn, and a session. */
  inSessionMs: number
  /** Sessions that were welcomed. */
  sessions: number
  /** Connections that were tried. */
  connections: number
  /** What it was told as its session, or its connection, was refused. */
  refused: Record<string, number>
}

export type FloodCounts = Readonly<Partial<Record<FloodKind, KindCounts>>>

/** Of one kind. */
export function refusalsOf(counts: KindCounts | undefined): number {
  return Object.values(counts?.refused ?? {}).reduce((sum, times) => sum + times, 0)
}

/** How fast it tried to send while it had a session, taken or not. */
export function triedPerSecond({ sent, held, inSessionMs }: KindCounts): number {
  return inSessionMs === 0 ? 0 : Math.round(((sent + held) * 1_000) / inSessionMs)
}

/** Running and stopped in turn, each for so long: half a core at most. */
const TURN_MS = 10

/** A process that floods a server with all it is allowed to use: half of a core. */
export class Flood implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown[]>
  readonly #held: NodeJS.Timeout
  #runs = true

  constructor(settings: FloodSettings) {
    this.#child = fork(join(import.meta.dirname, 'flood-process.ts'), { stdio: 'inherit' })
    this.#exited = once(this.#child, 'exit')
    this.#child.send(settings)
    this.#held = setInterval(() => {
      this.#runs = !this.#runs
      this.#child.kill(this.#runs ? 'SIGCONT' : 'SIGSTOP')
    }, TURN_MS)
  }

  get pid(): number {
    return this.#child.pid as number
  }

  /** What it has done so far. */
  async counts(): Promise<FloodCounts> {
    const answered = once(this.#child, 'message')
    this.#child.send('counts')
    const gone = this.#exited.then(() => {
      throw new Error('the flood has ended')
    })
    return (await Promise.race([answered, gone]))[0] as FloodCounts
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#held)
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGKILL')
    await this.#exited
  }
}
