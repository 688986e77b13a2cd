import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'

import { createSystemClock, type Ms } from '@octopus/kit/clock.ts'

import type { Report } from './scenario.ts'

/** One seed that was played: what it did, or how it broke a promise. */
export type Played =
  | { readonly seed: number; readonly report: Report; readonly problem?: never }
  | { readonly seed: number; readonly problem: string; readonly report?: never }

/** Worlds that were played leave some memory behind: after so many of them a thread makes room for a fresh one. */
const SEEDS_PER_THREAD = 250

/** A seed takes half a second. One that takes so long, on however slow a machine, goes round in circles. */
const ENDLESS_MS: Ms = 180_000
const clock = createSystemClock()

/** Plays `count` seeds from `first` on, on all cores, and tells of each as it ends, in no order. */
export async function playMany(
  { first, count }: { readonly first: number; readonly count: number },
  tell: (played: Played) => void,
): Promise<void> {
  let next = first
  const end = first + count
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), count) }, () => playSome()))

  async function playSome(): Promise<void> {
    while (next < end) {
      const worker = new Worker(new URL('seed-worker.ts', import.meta.url))
      let alive = true
      worker.once('exit', () => (alive = false))
      try {
        for (let played = 0; alive && played < SEEDS_PER_THREAD && next < end; played++) {
          tell(await playOne(worker, next++))
        }
      } finally {
        await worker.terminate()
      }
    }
  }
}

/** A worker that dies with its seed, or never ends it, is a broken promise, too. */
async function playOne(worker: Worker, seed: number): Promise<Played> {
  const over = new AbortController()
  const { signal } = over
  let endless = ''
  const died = async (): Promise<Played> => {
    const [code] = (await once(worker, 'exit', { signal })) as [number]
    return { seed, problem: `the worker ended with ${code}${endless}` }
  }
  const endIfEndless = async (): Promise<never> => {
    await clock.after(ENDLESS_MS, signal)
    endless = `: the seed had not ended after ${ENDLESS_MS / 1_000} s`
    await worker.terminate()
    return new Promise(() => {})
  }
  try {
    worker.postMessage(seed)
    const answers = once(worker, 'message', { signal }) as Promise<[Played]>
    return await Promise.race([answers.then(([played]) => played), died(), endIfEndless()])
  } catch (error) {
    return { seed, problem: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  } finally {
    over.abort()
  }
}
