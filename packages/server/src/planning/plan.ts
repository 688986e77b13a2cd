import type { EpochMs } from '@octopus/kit/clock.ts'
import type { TaskId } from '@octopus/protocol/ids.ts'

import { type Occurrences, occurrencesOf, type Schedule } from '#schedules/schedule.ts'
import { deadlineOf, type Missed, type TaskDefinition } from '#tasks/task.ts'

import { catchUp, type Unplanned } from './catch-up.ts'

/** A task whose time has come, as much of it as planning needs. */
export interface DueTask extends Schedule, Pick<TaskDefinition, 'type' | 'deadlineMs' | 'catchUp'> {
  readonly id: TaskId
  readonly revision: number
  readonly nextRunAt: EpochMs
}

export interface PlannedRun {
  readonly occurrence: string
  readonly dueAt: EpochMs
  readonly deadlineAt: EpochMs
  readonly cause: 'schedule' | 'catch-up' | 'manual'
  /** True: its executions wait for the earlier ones of their slots, however many there are, whatever the overlap says. */
  readonly queues: boolean
}

/** What is to be done with one due task. Its premises are the revision and the due time that it was decided on. */
export interface PlannedTask {
  readonly task: TaskId
  readonly premise: { readonly revision: number; readonly nextRunAt: EpochMs }
  readonly runs: readonly PlannedRun[]
  /** Null: no further occurrence. */
  readonly nextRunAt: EpochMs | null
  /** Occurrences that get no run; recorded, never silent. */
  readonly missed: readonly Missed[]
}

export interface Snapshot extends Unplanned {
  readonly now: EpochMs
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
  const deadlineAt = deadlineOf(task, { dueAt, createdAt: now, nextAt: null })
  const cause = task.startAt === null ? 'manual' : 'schedule'
  return {
    task: task.id,
    premise: { revision: task.revision, nextRunAt: task.nextRunAt },
    runs: [{ occurrence: 'once', dueAt, deadlineAt, cause, queues: false }],
    nextRunAt: null,
    missed: [],
  }
}

function planRepeated(task: DueTask, snapshot: Snapshot): PlannedTask {
  const { now } = snapshot
  const occurrences = occurrencesOf(task)
  const { times, missed, dueAgain } = catchUp(task, occurrences, snapshot)
  const make = times.slice(0, RUNS_PER_TASK_MAX)
  const runs = make.map((dueAt) => catchUpRun(task, dueAt, now))
  // Those for which there is no room now are still missed when the task is looked at again.
  let due = times[make.length] ?? dueAgain
  while (due !== null && due <= now && times.length <= make.length && runs.length < RUNS_PER_TASK_MAX) {
    runs.push(scheduledRun(task, due, { now, occurrences }))
    due = occurrences.next(due)
  }
  return {
    task: task.id,
    premise: { revision: task.revision, nextRunAt: task.nextRunAt },
    runs,
    nextRunAt: due,
    missed,
  }
}

function catchUpRun(task: DueTask, dueAt: EpochMs, now: EpochMs): PlannedRun {
  const deadlineAt = deadlineOf(task, { dueAt, createdAt: now, nextAt: null })
  return { occurrence: String(dueAt), dueAt, deadlineAt, cause: 'catch-up', queues: task.catchUp === 'all' }
}

function scheduledRun(
  task: DueTask,
  dueAt: EpochMs,
  { now, occurrences }: { readonly now: EpochMs; readonly occurrences: Occurrences },
): PlannedRun {
  // The last one before the end has the time that one in the middle has.
  const nextAt = occurrences.next(dueAt) ?? occurrencesOf({ ...task, endAt: null }).next(dueAt)
  const deadlineAt = deadlineOf(task, { dueAt, createdAt: now, nextAt })
  return { occurrence: String(dueAt), dueAt, deadlineAt, cause: 'schedule', queues: false }
}
