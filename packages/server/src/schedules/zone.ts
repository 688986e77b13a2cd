import type { EpochMs, Ms } from '@octopus/kit/clock.ts'

/** A date and time on the clocks of a place, as the milliseconds that UTC would count for it. */
export type LocalMs = number

const MINUTE: Ms = 60_000

/** The name of an IANA time zone with its own upper and lower case, or undefined where there is none of that name. */
export function knownZone(name: string): string | undefined {
  // An offset like "+02:00" is no place: it has no daylight saving, and nobody means that by a time zone.
  if (!/^[A-Za-z]/.test(name)) return undefined
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name).timeZoneId
  } catch {
    return undefined
  }
}

/** How far the clocks there are ahead of UTC at an instant. */
export function offsetAt(zone: string, at: EpochMs): Ms {
  return zoned(zone, at).offsetNanoseconds / 1e6
}

/** When the clocks there are put forward or back next, strictly after `after`; null if they never are. */
export function nextShift(zone: string, after: EpochMs): EpochMs | null {
  return zoned(zone, after).getTimeZoneTransition('next')?.epochMilliseconds ?? null
}

/** When they were put forward or back last, strictly before `before`. */
export function previousShift(zone: string, before: EpochMs): EpochMs | null {
  return zoned(zone, before).getTimeZoneTransition('previous')?.epochMilliseconds ?? null
}

/**
 * The instant at which the clocks there first show this time, or a later one: a time that exists twice is at its first
 * instant, one that is left out when the clocks are put forward is at the first instant after that.
 */
export function instantOf(zone: string, local: LocalMs): EpochMs {
  const plain = zoned('UTC', local).toPlainDateTime()
  const at = plain.toZonedDateTime(zone, { disambiguation: 'earlier' }).epochMilliseconds
  if (at + offsetAt(zone, at) === local) return at
  return nextShift(zone, at) ?? at
}

/** The clock on the wall there, with its offset: `2026-03-29T03:00:00+02:00`. */
export function wallClock(zone: string, at: EpochMs): string {
  return zoned(zone, at).toString({ timeZoneName: 'never', smallestUnit: at % MINUTE === 0 ? 'second' : 'millisecond' })
}

function zoned(zone: string, at: EpochMs): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone)
}
