import type { Clock, EpochMs, Ms } from '@octopus/kit/clock.ts'
import { firstOf } from '@octopus/kit/first-of.ts'
import { isoOf } from '@octopus/kit/instant.ts'
import type { Log } from '@octopus/kit/log.ts'
import { createSignal } from '@octopus/kit/signal.ts'

import type { ServerBus } from '#live/facts.ts'
import type { RunStore } from '#runs/run-store.ts'

import { plan, type PlannedTask } from './plan.ts'

/** Tasks planned in one round; more wait for the next round, which follows at once. */
const ROUND_TASKS = 50
/** A loop that wakes this late has slept through an outage: the machine was suspended, or the clock jumped. */
const GAP_MS: Ms = 5_000

interface PlannerNeeds {
  readonly store: Pick<RunStore, 'readDue' | 'hastenOrders' | 'commitPlan' | 'writeSlice'>
  readonly bus: ServerBus
  readonly clock: Clock
  readonly log: Pick<Log, 'warn'>
  /** Whether the disk takes new runs; without it, it does. */
  readonly hasRoom?: (() => boolean) | undefined
  /** Called with what a round could not do because the store is out; the loop goes on by itself. */
  readonly onOutage: (error: unknown) => void
}

export interface Planner {
  /** Runs until the signal aborts. */
  run(signal: AbortSignal): Promise<void>
}

/** After the store was out, the loop waits this long before it looks again. */
const OUTAGE_PAUSE_MS: Ms = 1_000

/** The loop in which tasks become runs and executions: reads what is due, decides, commits, announces. */
export function createPlanner({ store, bus, clock, log, hasRoom, onOutage }: PlannerNeeds): Planner {
  const wake = createSignal()
  let upSince: EpochMs = clock.wall()
  /** The disk was full until then: what was due before is caught up too, instead of all being done at once. */
  let roomSince: EpochMs = 0
  let full = false
  /** The wall clock was set, for all that is known at the start. */
  let clockStepped = true
  let lastWall = clock.wall()
  let lastMonotonic = clock.monotonic()

  /**
   * Time nobody watched (a suspended machine, a clock set forward) is an outage: what was due in it is caught up. A store
   * that answers slowly is none: the server is up, and every due time gets its run.
   */
  function noteGap(expectedBy: EpochMs | null): void {
    const now = clock.wall()
    const slept = now - lastWall - (clock.monotonic() - lastMonotonic)
    const overslept = expectedBy !== null && now - expectedBy > GAP_MS
    if (slept > GAP_MS || overslept) upSince = now
    // A clock that was set back shows times again from which on the server has been up.
    upSince = Math.min(upSince, now)
    roomSince = Math.min(roomSince, now)
    lastWall = now
    lastMonotonic = clock.monotonic()
  }

  /** By a clock that was set back, what was ordered for at once would wait until that clock has caught up. */
  async function hastenOrders(now: EpochMs): Promise<void> {
    if (!clockStepped) return
    clockStepped = false
    try {
      await store.hastenOrders({ now })
    } catch (error) {
      clockStepped = true
      throw error
    }
  }

  async function round(): Promise<{ readonly again: boolean; readonly nextAt: EpochMs | null }> {
    // New runs wait; whoever made room wakes this loop.
    if (hasRoom?.() === false) {
      full = true
      return { again: false, nextAt: null }
    }
    const now = clock.wall()
    if (full) roomSince = now
    full = false
    await hastenOrders(now)
    const { due, nextAt, unwritten, resumedAt } = await store.readDue({ now, limit: ROUND_TASKS })
    if (unwritten) announce(await store.writeSlice({ now }))
    if (due.length > 0) {
      const unplanned = { upSince: Math.min(upSince, now), roomSince, resumedAt: Math.min(resumedAt, now) }
      const tasks = plan({ now, ...unplanned, due })
      announce(await store.commitPlan({ now, tasks }))
      noteMissed(tasks)
    }
    return { again: unwritten || due.length > 0, nextAt }
  }

  function announce({
    requests,
    touched,
  }: Pick<Awaited<ReturnType<RunStore['commitPlan']>>, 'requests' | 'touched'>): void {
    if (requests.length > 0) bus.publish('cancel-requested', { requests })
    bus.publish('touched', touched)
  }

  /** It is kept with the task; the log says it too, for whoever looks at an outage as a whole. */
  function noteMissed(tasks: readonly PlannedTask[]): void {
    for (const { task, missed } of tasks) {
      for (const { from, to, count, reason } of missed) {
        log.warn('occurrences missed', { task, count, reason, from: isoOf(from), to: isoOf(to) })
      }
    }
  }

  async function run(signal: AbortSignal): Promise<void> {
    const stops = [
      ...(['task-due', 'work-stopped', 'disk-level'] as const).map((fact) => bus.on(fact, wake.wake)),
      bus.on('clock-stepped', () => {
        clockStepped = true
        wake.wake()
      }),
    ]
    try {
      while (!signal.aborted) {
        try {
          const { again, nextAt } = await round()
          const idleFrom = clock.wall()
          if (!again) await idle(nextAt, signal)
          noteGap(again || nextAt === null ? null : Math.max(nextAt, idleFrom))
        } catch (error) {
          if (signal.aborted) return
          onOutage(error)
          await clock.after(OUTAGE_PAUSE_MS, signal).catch(() => {})
        }
      }
    } finally {
      for (const stop of stops) stop()
    }
  }

  /** Sleeps until a fact wakes it or the next task is due. */
  async function idle(nextAt: EpochMs | null, signal: AbortSignal): Promise<void> {
    const due = nextAt === null ? [] : [(either: AbortSignal) => clock.until(nextAt, either)]
    await firstOf(signal, wake.woken, ...due)
  }

  return { run }
}
