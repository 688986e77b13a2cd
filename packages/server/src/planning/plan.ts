import type { EpochMs } from '@octopus/kit/clock.ts'
import type { TaskId } from '@octopus/protocol/ids.ts'

import { type Missed, nextAfter } from '#tasks/schedule.ts'
import { deadlineOf, type TaskDefinition } from '#tasks/task.ts'

/** A task whose time has come, as much of it as planning needs. */
export interface DueTask extends Pick<TaskDefinition, 'type' | 'startAt' | 'endAt' | 'intervalMs' | 'deadlineMs'> {
  readonly id: TaskId
  readonly revision: number
  readonly nextRunAt: EpochMs
}

export interface PlannedRun {
  readonly occurrence: string
  readonly dueAt: EpochMs
  readonly deadlineAt: EpochMs
  readonly cause: 'schedule' | 'catch-up' | 'manual'
}

/** What is to be done with one due task. Its premises are the revision and the due time that it was decided on. */
export interface PlannedTask {
  readonly task: TaskId
  readonly premise: { readonly revision: number; readonly nextRunAt: EpochMs }
  readonly runs: readonly PlannedRun[]
  /** Null: no further occurrence. */
  readonly nextRunAt: EpochMs | null
  /** Occurrences that nobody ran because the server was down; recorded, never silent. */
  readonly missed: Missed | null
}

export interface Snapshot {
  readonly now: EpochMs
  /** Since when the server has been watching without a gap; what was due before is a matter of catching up. */
  readonly upSince: EpochMs
  /** All work was resumed then: repetitions that were due before are not missed and not made up for. */
  readonly resumedAt: EpochMs
  readonly due: readonly DueTask[]
}

/** Runs planned for one task at once; a task that repeats every second and is far behind comes again. */
const RUNS_PER_TASK_MAX = 10

/** Pure: which runs come into being now. Reads no clock, no store. */
export function plan(snapshot: Snapshot): readonly PlannedTask[] {
  return snapshot.due.map((task) => (task.type === 'ad-hoc' ? planOnce(task, snapshot) : planRepeated(task, snapshot)))
}

function planOnce(task: DueTask, { now }: Snapshot): PlannedTask {
  const dueAt = task.nextRunAt
  const deadlineAt = deadlineOf(task, { dueAt, createdAt: now, catchUp: false })
  return {
    task: task.id,
    premise: { revision: task.revision, nextRunAt: task.nextRunAt },
    runs: [{ occurrence: 'once', dueAt, deadlineAt, cause: task.startAt === null ? 'manual' : 'schedule' }],
    nextRunAt: null,
    missed: null,
  }
}

function planRepeated(task: DueTask, { now, upSince, resumedAt }: Snapshot): PlannedTask {
  const runs: PlannedRun[] = []
  let due: EpochMs | null = task.nextRunAt < resumedAt ? nextAfter(task, resumedAt - 1) : task.nextRunAt
  let missed = missedBetween(task, task.nextRunAt, due)
  if (due !== null && due < upSince) {
    const skippedTo = nextAfter(task, upSince - 1)
    const newest = newestBefore(task, upSince, due)
    const count = newest === null || task.intervalMs === null ? 0 : (newest - due) / task.intervalMs
    if (newest !== null) runs.push(occurrence(task, newest, { createdAt: now, catchUp: true }))
    if (count > 0) missed = { from: missed?.from ?? due, count: count + (missed?.count ?? 0) }
    due = skippedTo
  }
  while (due !== null && due <= now && runs.length < RUNS_PER_TASK_MAX) {
    runs.push(occurrence(task, due, { createdAt: now, catchUp: false }))
    due = nextAfter(task, due)
  }
  return {
    task: task.id,
    premise: { revision: task.revision, nextRunAt: task.nextRunAt },
    runs,
    nextRunAt: due,
    missed,
  }
}

/** What fell into the time in which all work was stopped. */
function missedBetween(task: DueTask, from: EpochMs, to: EpochMs | null): Missed | null {
  if (to === null || task.intervalMs === null || to <= from) return null
  return { from, count: (to - from) / task.intervalMs }
}

/** The newest occurrence in [due, before): what `catchUp: last` runs once. */
function newestBefore(task: DueTask, before: EpochMs, due: EpochMs): EpochMs | null {
  if (task.intervalMs === null) return null
  const last = Math.min(before, task.endAt ?? before) - 1
  if (last < due) return null
  return due + Math.floor((last - due) / task.intervalMs) * task.intervalMs
}

function occurrence(task: DueTask, dueAt: EpochMs, how: { createdAt: EpochMs; catchUp: boolean }): PlannedRun {
  return {
    occurrence: String(dueAt),
    dueAt,
    deadlineAt: deadlineOf(task, { dueAt, ...how }),
    cause: how.catchUp ? 'catch-up' : 'schedule',
  }
}
