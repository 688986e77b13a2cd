import { getCompileCacheDir } from 'node:module'
import { Worker } from 'node:worker_threads'

import { unreachable } from '@octopus/kit/assert.ts'
import { refusal } from '@octopus/protocol/errors.ts'

import { StoreRefused } from '#store/store-refused.ts'

import { fromErrorData } from './error-data.ts'
import type { Batch, Damage, FromWorker, PostedAnswer, PostedCall, ToWorker, WorkerSetup } from './worker-messages.ts'

/**
 * Calls that may wait for one thread. Beyond it the disk is far behind, and more waiting would only eat memory: the
 * caller is told at once and tries again.
 */
export const WAITING_MAX = 100_000

export interface ThreadNeeds {
  /** The thread died, or says that the process must end. */
  readonly onFatal: (message: string) => void
  /** A file is damaged that the store can do without. */
  readonly onDamaged: (damage: Damage) => void
  /** A transaction was committed. */
  readonly onBatch: (batch: Batch) => void
  readonly onFollowUps: (calls: readonly { readonly verb: string; readonly input: object }[]) => void
}

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/** A thread of the store, seen from the main thread. */
export class Thread {
  readonly #needs: ThreadNeeds
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  #outbox: PostedCall[] = []
  #lastNumber = 0
  #isFlushing = false
  #isEnding = false
  #isDead = false
  #whenIdle: (() => void) | undefined
  readonly #exited: Promise<void>

  /** Begins to load the thread's code; `open` makes it touch files. */
  constructor(setup: WorkerSetup, needs: ThreadNeeds) {
    this.#needs = needs
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: setup,
      name: `octopus-store-${setup.role}`,
      // oxlint-disable-next-line no-restricted-properties -- it is handed on as it is, with nothing read from it
      env: withCompileCache(process.env),
    })
    this.#exited = new Promise((resolve) => this.#worker.once('exit', () => resolve()))
    this.#worker.on('error', (error) => this.#die(String(error)))
    this.#worker.once('exit', (code) => this.#die(`a thread of the store ended with code ${code}`))
  }

  call(verb: string, input: unknown): Promise<unknown> {
    if (this.#isDead || this.#waiting.size >= WAITING_MAX) return Promise.reject(refusal('STORE_UNAVAILABLE'))
    return new Promise((resolve, reject) => {
      // A thread at rest gets its call at once; a busy one gets all calls of a turn of the event loop in one message.
      const isIdle = this.#waiting.size === 0
      this.#lastNumber += 1
      this.#waiting.set(this.#lastNumber, { resolve, reject })
      this.#outbox.push([this.#lastNumber, verb, input])
      if (this.#isFlushing) return
      this.#isFlushing = true
      if (isIdle) queueMicrotask(this.#flush)
      else setImmediate(this.#flush)
    })
  }

  /** Asks the thread to move the write-ahead log into the database; nobody waits for it. */
  checkpoint(): void {
    this.#post({ kind: 'checkpoint' })
  }

  /** Calls that wait for an answer. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Resolves when nobody waits for an answer. */
  async idle(): Promise<void> {
    if (this.#waiting.size > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve))
  }

  async end(): Promise<void> {
    this.#isEnding = true
    this.#post({ kind: 'close' })
    await this.#exited
  }

  readonly #flush = (): void => {
    this.#isFlushing = false
    const calls = this.#outbox
    this.#outbox = []
    try {
      this.#post({ kind: 'calls', calls })
    } catch {
      // One input cannot be copied, which is a bug of its caller: only that caller hears of it.
      for (const call of calls) this.#postAlone(call)
    }
  }

  #postAlone(call: PostedCall): void {
    try {
      this.#post({ kind: 'calls', calls: [call] })
    } catch (error) {
      this.#settle(call[0], ({ reject }) => reject(error as Error))
    }
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message)
  }

  /** Resolves when the thread has opened its files; rejects with `StoreRefused` when it must not. */
  open(): Promise<void> {
    this.#post({ kind: 'open' })
    return new Promise((resolve, reject) => {
      this.#worker.on('message', (message: FromWorker) => {
        switch (message.kind) {
          case 'ready':
            return resolve()
          case 'refused':
            this.#isEnding = true
            return reject(
              message.reason === null ? new Error(message.message) : new StoreRefused(message.reason, message.message),
            )
          case 'answers':
            for (const batch of message.batches) this.#needs.onBatch(batch)
            return message.answers.forEach(this.#answer)
          case 'follow-ups':
            return this.#needs.onFollowUps(message.calls)
          case 'fatal':
            return this.#needs.onFatal(message.message)
          case 'damaged':
            return this.#needs.onDamaged(message.damage)
          default:
            return unreachable(message)
        }
      })
      this.#worker.once('error', reject)
    })
  }

  readonly #answer = ([number, value, error]: PostedAnswer): void => {
    this.#settle(number, ({ resolve, reject }) => (error === null ? resolve(value) : reject(fromErrorData(error))))
  }

  #settle(number: number, how: (waiting: Waiting) => void): void {
    const waiting = this.#waiting.get(number)
    this.#waiting.delete(number)
    if (waiting) how(waiting)
    if (this.#waiting.size === 0) this.#whenIdle?.()
  }

  #die(message: string): void {
    if (this.#isDead) return
    this.#isDead = true
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { reject } of waiting) reject(refusal('STORE_UNAVAILABLE'))
    this.#whenIdle?.()
    if (!this.#isEnding) this.#needs.onFatal(message)
  }
}

/** A thread asks its environment, and not its process, where compiled code is kept. */
function withCompileCache(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const folder = getCompileCacheDir()
  return folder === undefined ? env : { ...env, NODE_COMPILE_CACHE: folder }
}
