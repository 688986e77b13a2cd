import type { Clock, EpochMs, Ms } from '@octopus/kit/clock.ts'
import { firstOf } from '@octopus/kit/first-of.ts'
import { isoOf } from '@octopus/kit/instant.ts'
import type { Log } from '@octopus/kit/log.ts'
import type { Retention } from '@octopus/protocol/rest/settings.ts'

import { cutoffsAt, nextRows, ROWS_FIRST } from './cutoffs.ts'
import type { RetentionStore, Slice, Swept } from './retention-store.ts'

export interface SweepNeeds {
  readonly store: RetentionStore
  readonly clock: Clock
  readonly log: Log
  /** How long things are kept, as it is set now. */
  readonly keep: () => Promise<Retention>
}

/** After a start clients come back and missed work is caught up: nobody needs a broom then. */
const FIRST_MS: Ms = 300_000
const EVERY_MS: Ms = 3_600_000
/** Between two slices: at most every fourth millisecond of the store is spent on what is old. */
const PAUSE_MS: Ms = 60
/** Pages given back at once; each one is read and written somewhere else. */
const PAGES = 100

const REMEDY = 'set the clock, if it is wrong; if the server was off for so long, it makes up for that within days'

type Sweep = (slice: Slice) => Promise<Swept>

/** Takes away what is old, now and then, in slices so short that work never waits for it. Ends with the signal. */
export async function sweepNowAndThen(needs: SweepNeeds, signal: AbortSignal): Promise<void> {
  const { store, clock, log } = needs
  let pauseMs = FIRST_MS
  let sweptAt: Ms | null = null
  while (!signal.aborted) {
    await firstOf(signal, (either) => clock.after(pauseMs, either))
    if (signal.aborted) return
    pauseMs = EVERY_MS
    await orLog(log, 'all', async () => {
      const [wall, monotonic] = [clock.wall(), clock.monotonic()]
      const ranMs = sweptAt === null ? null : monotonic - sweptAt
      const now = await store.takeSweepTime({ wall, ranMs })
      sweptAt = monotonic
      if (now < wall) log.warn('retention-held-back', { wall: isoOf(wall), believed: isoOf(now), remedy: REMEDY })
      await sweep(needs, now, signal)
    })
  }
}

/** One time through everything that is old at this time. */
export async function sweep(needs: SweepNeeds, now: EpochMs, signal: AbortSignal): Promise<void> {
  const { store, clock, log } = needs
  const cutoffs = cutoffsAt(now, await needs.keep())
  const sweeps: readonly (readonly [name: string, before: number, sweep: Sweep])[] = [
    ['output', cutoffs.output, (slice) => store.sweepOutput(slice)],
    ['runs', cutoffs.runs, (slice) => store.sweepRuns(slice)],
    ['tasks', cutoffs.runs, (slice) => store.sweepTasks(slice)],
    ['deleted', cutoffs.deleted, (slice) => store.sweepDeleted(slice)],
    ['credentials', cutoffs.credentials, (slice) => store.sweepCredentials(slice)],
    ['stats', cutoffs.runs, (slice) => store.sweepStats(slice)],
    ['audit', cutoffs.audit, (slice) => store.sweepAudit(slice)],
  ]
  const gone: Record<string, number> = {}
  for (const [name, before, one] of sweeps) {
    await orLog(log, name, async () => {
      const deleted = await allSlices(clock, { now, before }, one, signal)
      if (deleted > 0) gone[name] = deleted
    })
  }
  if (Object.keys(gone).length > 0) log.info('old rows were deleted', gone)
  await orLog(log, 'space', () => giveBack(clock, (pages) => store.giveBackSpace({ pages }), signal))
  await orLog(log, 'output space', () => giveBack(clock, (pages) => store.giveBackOutputSpace({ pages }), signal))
}

/** What fails is tried again in an hour, and keeps nothing else from going: a disk must not fill because of one row. */
async function orLog(log: Log, what: string, act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } catch (error) {
    log.warn('retention stopped until the next hour', { what, error: String(error) })
  }
}

async function allSlices(
  clock: Clock,
  times: Pick<Slice, 'now' | 'before'>,
  one: Sweep,
  signal: AbortSignal,
): Promise<number> {
  let rows = ROWS_FIRST
  let after: string | null = null
  let deleted = 0
  while (!signal.aborted) {
    const beganAt = clock.monotonic()
    const swept: Swept = await one({ ...times, after, limit: rows })
    deleted += swept.deleted
    after = swept.after
    if (after === null) break
    rows = nextRows(rows, clock.monotonic() - beganAt)
    await firstOf(signal, (either) => clock.after(PAUSE_MS, either))
  }
  return deleted
}

async function giveBack(clock: Clock, one: (pages: number) => Promise<number>, signal: AbortSignal): Promise<void> {
  let left = Infinity
  while (left > 0 && !signal.aborted) {
    const now = await one(PAGES)
    // A file that was made before pages could be given back keeps them, and uses them again.
    if (now >= left) return
    left = now
    await firstOf(signal, (either) => clock.after(PAUSE_MS, either))
  }
}
