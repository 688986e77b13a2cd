import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'

import type { Counters } from './simulated-client.ts'
import type { Stack } from './stack.ts'

export type ToFleet =
  | {
      readonly do: 'join'
      readonly number: number
      readonly url: string
      readonly token: string
      readonly count: number
      readonly slots: number
    }
  /** To be answered when the counter has reached the value. */
  | { readonly do: 'until'; readonly number: number; readonly counter: keyof Counters; readonly value: number }

/** Answers the message of that number. */
export interface FromFleet {
  readonly number: number
  readonly at: number
  readonly counters: Counters
}

/** Many simulated clients in a process of their own: real protocol, real sockets, real enrolment and hello. */
export class Fleet implements Disposable {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, (answer: FromFleet) => void>()
  readonly #failed: Promise<never>
  #number = 0

  constructor() {
    this.#child = fork(join(import.meta.dirname, 'fleet-process.ts'), { stdio: 'inherit' })
    this.#child.on('message', (answer: FromFleet) => {
      this.#waiting.get(answer.number)?.(answer)
      this.#waiting.delete(answer.number)
    })
    this.#failed = new Promise((_resolve, reject) => {
      this.#child.on('exit', (code) => reject(new Error(`the fleet ended with ${code ?? 'a signal'}`)))
    })
    this.#failed.catch(() => {})
  }

  get pid(): number {
    return this.#child.pid as number
  }

  /** Enrols so many more clients and connects them. */
  async join(stack: Stack, count: number, slots: number): Promise<void> {
    const token = await stack.enrollmentToken(count)
    await this.#ask({ do: 'join', number: ++this.#number, url: stack.url, token, count, slots })
  }

  /** When a counter has reached a value, in wall time. */
  async until(counter: keyof Counters, value: number): Promise<number> {
    return (await this.#ask({ do: 'until', number: ++this.#number, counter, value })).at
  }

  async counters(): Promise<Counters> {
    return (await this.#ask({ do: 'until', number: ++this.#number, counter: 'online', value: 0 })).counters
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL')
  }

  #ask(message: ToFleet): Promise<FromFleet> {
    const answered = new Promise<FromFleet>((resolve) => this.#waiting.set(message.number, resolve))
    this.#child.send(message)
    return Promise.race([answered, this.#failed])
  }
}
