import type { Clock, EpochMs, Ms } from '#clock.ts'

import { TimerHeap, type HeapTimer } from './timer-heap.ts'

/** A clock that stands still until a test or the simulator moves it. */
export interface HandClock extends Clock {
  /** Moves both clocks and fires the timers in order; after each, everything that can run without time passing runs. */
  advance(ms: Ms): Promise<void>
  /** Runs everything that can run without time passing. */
  settle(): Promise<void>
  /** The wall clock is set forward or back; nothing fires before time moves again. */
  stepWall(ms: Ms): void
  /** The machine sleeps: the wall clock goes on, the monotonic one stands still, nothing fires. */
  suspend(ms: Ms): void
  /** Time until the next timer, or undefined if nobody waits. */
  nextTimerMs(): Ms | undefined
  /** How many wait: 0 at the end of a test means that nothing was left behind. */
  waiting(): number
}

/** As the system's clock: no sleep is longer, so that a wall clock that stepped is noticed. */
const SLEEP_MS_MAX = 10_000

export function createHandClock(startAt: EpochMs = Date.UTC(2026, 0, 1)): HandClock {
  const heap = new TimerHeap()
  let monotonicMs = 1_000
  let wallAt = startAt
  let order = 0

  const moveTo = (dueMs: Ms): void => {
    wallAt += Math.max(0, dueMs - monotonicMs)
    monotonicMs = Math.max(monotonicMs, dueMs)
  }
  const sleepWhile = (left: () => Ms, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      let timer: HeapTimer | undefined
      const stop = (): void => {
        if (timer) heap.cancel(timer)
        reject(signal.reason)
      }
      const look = (): void => {
        const ms = left()
        if (ms <= 0) {
          signal.removeEventListener('abort', stop)
          resolve()
          return
        }
        timer = { dueMs: monotonicMs + Math.min(ms, SLEEP_MS_MAX), order: order++, fire: look, cancelled: false }
        heap.add(timer)
      }
      if (signal.aborted) return reject(signal.reason)
      signal.addEventListener('abort', stop, { once: true })
      look()
    })

  return {
    // Whole milliseconds, as the system answers, also when a timer fired between two of them.
    wall: () => Math.floor(wallAt),
    monotonic: () => monotonicMs,
    until: (at, signal) => sleepWhile(() => at - wallAt, signal),
    after: (ms, signal) => {
      const end = monotonicMs + ms
      return sleepWhile(() => end - monotonicMs, signal)
    },
    settle,
    advance: async (ms) => {
      const end = monotonicMs + ms
      await settle()
      for (let next = heap.first(); next !== undefined && next.dueMs <= end; next = heap.first()) {
        heap.take()
        moveTo(next.dueMs)
        next.fire()
        await settle()
      }
      moveTo(end)
      await settle()
    },
    stepWall: (ms) => void (wallAt += ms),
    suspend: (ms) => void (wallAt += ms),
    nextTimerMs: () => {
      const next = heap.first()
      return next === undefined ? undefined : Math.max(0, next.dueMs - monotonicMs)
    },
    waiting: () => heap.live,
  }
}

/** One turn of the event loop: every promise chain that waits for nothing outside has ended by then. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
