import type { Ms } from '@octopus/kit/clock.ts'
import { isoOf } from '@octopus/kit/instant.ts'
import cronstrue from 'cronstrue'

import { cronFields } from './cron.ts'
import type { Schedule } from './schedule.ts'

const UNITS: readonly (readonly [name: string, ms: Ms])[] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
]

/** A schedule as a sentence without its full stop: "At 03:00, Monday through Friday (Europe/Berlin)". */
export function scheduleText(schedule: Schedule): string {
  const { intervalMs, cron, timeZone, startAt } = schedule
  if (intervalMs !== null) return `Every ${spanText(intervalMs)}`
  if (cron !== null) return `${cronText(cron)} (${timeZone ?? 'UTC'})`
  return startAt === null ? 'Once, at once' : `Once, at ${isoOf(startAt)}`
}

/** "5 minutes", "1 hour 30 minutes"; "hour" alone for one of a kind. */
function spanText(ms: Ms): string {
  let left = ms
  const parts: string[] = []
  for (const [name, unit] of UNITS) {
    const count = Math.floor(left / unit)
    left -= count * unit
    if (count > 0) parts.push(`${count} ${name}${count === 1 ? '' : 's'}`)
  }
  return parts.length === 1 ? (parts[0] ?? '').replace(/^1 /, '') : parts.join(' ')
}

function cronText(cron: string): string {
  const pattern = cronFields(cron).join(' ')
  try {
    return cronstrue.toString(pattern, { use24HourTimeFormat: true })
  } catch {
    // A pattern that is understood, and for which there are no words.
    return `At the times of ${pattern}`
  }
}
