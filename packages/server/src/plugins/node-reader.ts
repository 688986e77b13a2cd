import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

import type { Clock, Ms } from '@octopus/kit/clock.ts'
import { refusal } from '@octopus/protocol/errors.ts'
import type { Language } from '@octopus/protocol/work.ts'

import type { ReadSource } from './read-python.ts'
import type { SourceReader } from './read-source.ts'

/** The slowest honest source of a mebibyte takes a second; what takes longer was made for it. */
const READ_MS_MAX: Ms = 5_000
/** Sources that wait to be read, one after the other; more are refused. */
const WAITING_MAX = 50

const TOO_SLOW: ReadSource = {
  actions: [],
  doc: '',
  problems: [{ line: 1, column: 1, message: `takes more than ${READ_MS_MAX / 1_000} s to read; make it simpler` }],
}

/** Reads sources in a thread, so that the loop that talks to clients never waits for one. */
export function createThreadReader(clock: Clock): SourceReader & AsyncDisposable {
  let thread: Worker | undefined
  let waiting = 0
  let tail: Promise<unknown> = Promise.resolve()

  async function readNow(language: Language, source: string): Promise<ReadSource> {
    thread ??= startThread()
    const enough = new AbortController()
    const answer = once(thread, 'message', { signal: enough.signal }).then(([read]) => read as ReadSource)
    thread.postMessage([language, source])
    const tooSlow = clock.after(READ_MS_MAX, enough.signal).then(() => TOO_SLOW)
    try {
      const read = await Promise.race([answer, tooSlow])
      if (read === TOO_SLOW) await stop()
      return read
    } catch (error) {
      await stop()
      throw error
    } finally {
      enough.abort(new Error('read'))
      answer.catch(() => {})
      tooSlow.catch(() => {})
    }
  }

  async function stop(): Promise<void> {
    const old = thread
    thread = undefined
    await old?.terminate()
  }

  return {
    read: async (language, source) => {
      if (waiting >= WAITING_MAX) throw refusal('TOO_MANY_REQUESTS', { seconds: READ_MS_MAX / 1_000 })
      waiting += 1
      const turn = tail.catch(() => {}).then(() => readNow(language, source))
      tail = turn
      return turn.finally(() => {
        waiting -= 1
      })
    },
    [Symbol.asyncDispose]: stop,
  }
}

/** It keeps no process alive: what it reads is worth nothing without who asked. */
function startThread(): Worker {
  const thread = new Worker(new URL('./node-reader-thread.ts', import.meta.url))
  thread.unref()
  return thread
}
