import { isoOf } from '@octopus/kit/instant.ts'
import type { MissedReason } from '@octopus/protocol/rest/tasks.ts'

import type { TaskRecord } from '#tasks/task.ts'

import { type Step, step } from './step.ts'

const REASONS = {
  outage: 'no server was up',
  'work-stopped': 'all work was stopped',
  'disk-full': "the server's disk was full",
} as const satisfies Record<MissedReason, string>

/** Pure: the newest due times of a task that got no run, as the planner wrote them down; undefined: there are none. */
export function leftOut({ missed }: Pick<TaskRecord, 'missed'>): Step | undefined {
  if (missed.last === null) return undefined
  const { from, to, count, reason } = missed.last
  const which =
    count === 1
      ? `1 due time, ${isoOf(from)}, was left out`
      : `${count} due times between ${isoOf(from)} and ${isoOf(to)} were left out`
  const all = missed.count > count ? ` ${missed.count} were left out in all.` : ''
  return step('never', 'left-out', `${which}: ${REASONS[reason]}.${all}`, to)
}
