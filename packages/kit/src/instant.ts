import type { EpochMs } from './clock.ts'

/** ISO 8601 in UTC with milliseconds, as every answer prints times. */
export function isoOf(at: EpochMs): string {
  return Temporal.Instant.fromEpochMilliseconds(Math.trunc(at)).toString({ smallestUnit: 'millisecond' })
}

/** The same for a time that may be missing. */
export function isoOrNull(at: EpochMs | null | undefined): string | null {
  return at === null || at === undefined ? null : isoOf(at)
}

/** Reads a time with an offset, or undefined if it is none. */
export function epochOf(text: string): EpochMs | undefined {
  try {
    return Temporal.Instant.from(text).epochMilliseconds
  } catch {
    return undefined
  }
}
