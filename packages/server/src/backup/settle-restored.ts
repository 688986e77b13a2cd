import type { Clock, EpochMs } from '@octopus/kit/clock.ts'

import type { PassedTask, RestoredStore } from './restored-store.ts'

export interface SettleNeeds {
  readonly store: RestoredStore
  readonly clock: Pick<Clock, 'wall'>
  /** The first due time of a task's schedule after an instant, or null if there is none. */
  readonly nextAfter: (task: PassedTask, after: EpochMs) => EpochMs | null
}

/** Rows changed in one transaction; nobody waits, so that this only bounds memory. */
const ROWS = 1_000

/** What was settled, for people. */
export interface Settled {
  /** Executions that were under way, and runs of which a part was not written. */
  readonly lost: number
  /** Tasks that were due between the backup and now. */
  readonly skipped: number
}

/** Makes a store that went back in time safe to go on with: nothing runs twice, nothing is caught up. */
export async function settleRestored(
  { store, clock, nextAfter }: SettleNeeds,
  { madeAt, replacedFence }: { readonly madeAt: EpochMs; readonly replacedFence: number },
): Promise<Settled> {
  const now = clock.wall()
  await store.beginAfterRestore({ now, madeAt, replacedFence })
  let lost = 0
  for (let ended = Infinity; ended > 0; lost += ended) ended = await store.endRestored({ now, limit: ROWS })
  let skipped = 0
  for (let passed = await read(); passed.length > 0; passed = await read()) {
    await store.skipPassed({ now, tasks: passed.map((task) => ({ task: task.id, nextRunAt: nextAfter(task, now) })) })
    skipped += passed.length
  }
  return { lost, skipped }

  function read(): Promise<readonly PassedTask[]> {
    return store.readPassed({ now, limit: ROWS })
  }
}
