import type { Clock, Ms } from '@octopus/kit/clock.ts'
import type { Language } from '@octopus/protocol/work.ts'

import type { AttemptEnd, Lacking, RunnerEvents, RunnerPool, RunnerWork, StopReason } from '#runner/runner.ts'

/** One started attempt, which a test lets print, end, or ignore being stopped. */
export interface FakeRun {
  readonly work: RunnerWork
  readonly events: RunnerEvents
  readonly stops: StopReason[]
  readonly holds: Ms[]
  readonly alive: () => boolean
  /** Its process is ready, where processes take their time. */
  ready(): void
  /** Its process cannot be started, for want of this. */
  lacks(what: string): void
  end(change?: Partial<AttemptEnd>): void
}

export interface FakeRunnerPool extends RunnerPool {
  readonly runs: FakeRun[]
  /** What a stop does; by default the attempt ends at once with that reason. */
  onStop: (run: FakeRun, reason: StopReason) => void
  /** Processes take until `ready`; otherwise all are warm. */
  isCold: boolean
  /** Called at each start. */
  onStart: (run: FakeRun) => void
  /** Attempts that run now. */
  alive(): readonly FakeRun[]
}

/** Runs no process: a start is a record in `runs`. */
export function createFakeRunnerPool(clock: Clock, languages: readonly Language[] = ['python']): FakeRunnerPool {
  const runs: FakeRun[] = []
  const pool: FakeRunnerPool = {
    runs,
    isCold: false,
    onStart: () => {},
    onStop: (run, reason) =>
      run.end({ end: reason === 'timed-out' ? 'timed-out' : 'cancelled', reason, valueJson: null }),
    alive: () => runs.filter((run) => run.alive()),
    runtimes: async () => languages.map((language) => ({ language, version: '3.13' })),
    start: (work, events) => {
      const { promise, resolve } = Promise.withResolvers<AttemptEnd | 'not-begun' | Lacking>()
      const startedAt = clock.wall()
      let alive = true
      let begun = false
      const run: FakeRun = {
        work,
        events,
        stops: [],
        holds: [],
        alive: () => alive,
        ready: () => {
          begun = events.mayBegin()
          if (begun) return events.started(clock.wall())
          alive = false
          resolve('not-begun')
        },
        lacks: (what) => {
          alive = false
          resolve({ lacks: what })
        },
        end: (change) => {
          alive = false
          resolve({ ...success(clock, startedAt), ...change })
        },
      }
      runs.push(run)
      if (!pool.isCold) run.ready()
      queueMicrotask(() => pool.onStart(run))
      return {
        ended: promise,
        stop: (reason) => {
          run.stops.push(reason)
          if (run.stops.length === 1) pool.onStop(run, reason)
        },
        giveUp: () => {
          if (begun) return
          alive = false
          resolve('not-begun')
        },
        renewHold: (leftMs) => void run.holds.push(leftMs),
      }
    },
    [Symbol.asyncDispose]: async () => {},
  }
  return pool
}

function success(clock: Clock, startedAt: number): AttemptEnd {
  return {
    end: 'succeeded',
    reason: 'finished',
    valueJson: '"done"',
    valueKind: 'json',
    error: null,
    startedAt,
    endedAt: clock.wall(),
    outputBytes: 0,
    cut: { output: false, value: false },
  }
}
