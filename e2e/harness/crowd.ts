import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

import type { CrowdCounts, CrowdSettings } from './crowd-client.ts'

export type ToCrowd =
  | { readonly do: 'join'; readonly number: number; readonly settings: CrowdSettings; readonly count: number }
  | { readonly do: 'cut' | 'mend' | 'release' | 'stop'; readonly number: number }
  /** To be answered when the counter is between these values. */
  | {
      readonly do: 'until'
      readonly number: number
      readonly counter: keyof CrowdCounts
      readonly least: number
      readonly most: number
    }

/** Answers the message of that number. */
export interface FromCrowd {
  readonly number: number
  readonly counts: CrowdCounts
}

const UNTIL_MS_MAX = 120_000
/** First contacts of a thousand on two busy cores. */
const JOIN_MS_MAX = 180_000

/** Many clients in one process: the client program itself over real sockets, with disks in memory and no plugins. */
export class Crowd implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, (answer: FromCrowd) => void>()
  readonly #exited: Promise<unknown[]>
  readonly #failed: Promise<never>
  #number = 0

  constructor() {
    this.#child = fork(join(import.meta.dirname, 'crowd-process.ts'), { stdio: 'inherit' })
    this.#exited = once(this.#child, 'exit')
    this.#child.on('message', (answer: FromCrowd) => {
      this.#waiting.get(answer.number)?.(answer)
      this.#waiting.delete(answer.number)
    })
    this.#failed = this.#exited.then(() => {
      throw new Error(`the crowd ended with ${this.#child.exitCode ?? this.#child.signalCode}`)
    })
    this.#failed.catch(() => {})
  }

  get pid(): number {
    return this.#child.pid as number
  }

  /** Enrols so many more clients; their sessions follow. */
  async join(settings: CrowdSettings, count: number): Promise<void> {
    await inTime(JOIN_MS_MAX, 'all have joined', this.#ask({ do: 'join', number: ++this.#number, settings, count }))
  }

  /** The network of all clients goes: nothing passes, and neither side is told. */
  async cut(): Promise<void> {
    await this.#ask({ do: 'cut', number: ++this.#number })
  }

  async mend(): Promise<void> {
    await this.#ask({ do: 'mend', number: ++this.#number })
  }

  /** What runs on the clients ends well. */
  async release(): Promise<void> {
    await this.#ask({ do: 'release', number: ++this.#number })
  }

  async counts(): Promise<CrowdCounts> {
    return this.until('started', 0)
  }

  /** Resolves when a counter has this value or more; with `most`, when it also has that value or less. */
  async until(
    counter: keyof CrowdCounts,
    least: number,
    { most = Number.MAX_SAFE_INTEGER, timeoutMs = UNTIL_MS_MAX } = {},
  ): Promise<CrowdCounts> {
    try {
      const asked = this.#ask({ do: 'until', number: ++this.#number, counter, least, most })
      return (await inTime(timeoutMs, `${counter} ${least}`, asked)).counts
    } catch (error) {
      const now = await this.#ask({
        do: 'until',
        number: ++this.#number,
        counter: 'started',
        least: 0,
        most: Number.MAX_SAFE_INTEGER,
      })
      throw new Error(`${String(error)}; the crowd has ${JSON.stringify(now.counts)}`, { cause: error })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGKILL')
    await this.#exited
  }

  #ask(message: ToCrowd): Promise<FromCrowd> {
    const answered = new Promise<FromCrowd>((resolve) => this.#waiting.set(message.number, resolve))
    this.#child.send(message)
    return Promise.race([answered, this.#failed])
  }
}

async function inTime<T>(ms: number, what: string, answer: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`not within ${ms} ms: ${what}`)), ms)
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
