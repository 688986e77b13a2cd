import type { EpochMs, Ms } from '@octopus/kit/clock.ts'

import type { Beat } from './beat.ts'
import { type CronPattern, readCron } from './cron.ts'
import { instantOf, type LocalMs, nextShift, offsetAt, previousShift } from './zone.ts'

const MINUTE: Ms = 60_000
const DAY: Ms = 86_400_000
/** Clocks that were put back longer ago than this show new times again, whatever they were put back by. */
const SHIFT_SETTLED_MS: Ms = 2 * DAY

/**
 * The instants of a cron pattern on the clocks of a place (design 4). Patterns that name hours: a time that is left out
 * when the clocks are put forward is due at the first instant after that (several make one), a time that exists twice
 * is due at its first instant. Patterns with a `*` in the hours follow elapsed time: whenever the clocks show a time
 * that matches, so nothing extra when they are put forward, and both passes when they are put back.
 */
export function cronBeat(text: string, zone: string): Beat {
  const pattern = readCron(text)
  const next = pattern.wildcardHours ? nextByElapsedTime(pattern, zone) : nextByTheClock(pattern, zone)
  return { next, count: (from, before) => countOf({ pattern, zone, next }, from, before) }
}

type Next = Beat['next']

function nextByElapsedTime(pattern: CronPattern, zone: string): Next {
  return (after) => {
    // Between two shifts the clocks there run as ours do.
    for (let from = after + 1; ;) {
      const offset = offsetAt(zone, from)
      const local = pattern.next(beforeMinute(from + offset))
      if (local === null) return null
      const shift = nextShift(zone, from)
      if (shift === null || local - offset < shift) return local - offset
      from = shift
    }
  }
}

function nextByTheClock(pattern: CronPattern, zone: string): Next {
  return (after) => {
    const local = pattern.next(latestShown(zone, after))
    return local === null ? null : instantOf(zone, local)
  }
}

/** The latest time that the clocks there have shown until `at`: more than they show now after they were put back. */
function latestShown(zone: string, at: EpochMs): LocalMs {
  let latest = at + offsetAt(zone, at)
  let shift = previousShift(zone, at + 1)
  while (shift !== null && at - shift < SHIFT_SETTLED_MS) {
    latest = Math.max(latest, shift - 1 + offsetAt(zone, shift - 1))
    shift = previousShift(zone, shift)
  }
  return Math.floor(latest / MINUTE) * MINUTE
}

/** So that a pattern asked for the first time after this answers `local` itself, where that matches. */
function beforeMinute(local: LocalMs): LocalMs {
  return Math.ceil(local / MINUTE) * MINUTE - MINUTE
}

interface Calendar {
  readonly pattern: CronPattern
  readonly zone: string
  readonly next: Next
}

/** Whole days on which the clocks are left alone are counted as such; only the others are gone through. */
function countOf({ pattern, zone, next }: Calendar, from: EpochMs, before: EpochMs): number {
  const dayOf = (at: EpochMs): number => Math.floor((at + offsetAt(zone, at)) / DAY)
  const startOf = (day: number): EpochMs => instantOf(zone, day * DAY)
  const each = (a: EpochMs, b: EpochMs): number => {
    let count = 0
    for (let at = next(a - 1); at !== null && at < b; at = next(at)) count += 1
    return count
  }
  let perDay: number | undefined
  let count = 0
  let at = from
  while (at < before) {
    const shift = nextShift(zone, at)
    const quietFrom = dayOf(at) + 1
    const quietUntil = dayOf(Math.min(before, shift ?? before) - 1)
    if (quietUntil > quietFrom) {
      perDay ??= pattern.perDay()
      count += each(at, startOf(quietFrom)) + perDay * pattern.days(quietFrom * DAY, quietUntil * DAY)
      at = startOf(quietUntil)
    }
    const end = Math.min(before, shift === null ? before : startOf(dayOf(shift) + 1))
    count += each(at, end)
    at = end
  }
  return count
}
