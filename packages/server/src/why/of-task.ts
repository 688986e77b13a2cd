import { isoOf } from '@octopus/kit/instant.ts'

import { noCounts } from '#runs/run.ts'
import type { TaskRecord } from '#tasks/task.ts'
import { waitingFor } from '#tasks/waiting-for.ts'

import type { WhySnapshot } from './snapshot.ts'
import { type Step, step } from './step.ts'

/** Pure: why a task has had no run. */
export function noRun(snapshot: WhySnapshot): readonly Step[] {
  const { task, now } = snapshot
  if (task === null) return []
  const reasons = reasonsOf(task, snapshot)
  const never = task.status === 'completed' ? 'never' : 'now'
  return [
    step('done', 'task-created', `The task "${task.name}" was created by ${task.createdBy}.`, task.createdAt),
    ...(reasons.length > 0 ? reasons : [step(never, 'no-run', 'The task has had no run.')]),
    ...(task.pausedAt === null && task.nextRunAt !== null ? [nextRun(task.nextRunAt, now)] : []),
  ]
}

function nextRun(at: number, now: number): Step {
  return at > now
    ? step('next', 'next-run', `Its next run is due at ${isoOf(at)}.`, at)
    : step('now', 'due', `It has been due since ${isoOf(at)}.`, at)
}

/** Pure: what holds back the next run of a task whose time has come; its newest run cannot tell. */
export function heldBack(snapshot: WhySnapshot): readonly Step[] {
  const { task, now } = snapshot
  if (task === null || task.nextRunAt === null || task.nextRunAt > now) return []
  return reasonsOf({ ...task, counts: noCounts() }, snapshot).filter(({ code }) => code !== 'paused')
}

function reasonsOf(task: TaskRecord, snapshot: WhySnapshot): readonly Step[] {
  const facts = { ...snapshot, rejections: [], fleet: { members: [] }, language: undefined }
  return waitingFor(task, facts).map(({ code, text, since }) => step('now', code, text, since))
}
