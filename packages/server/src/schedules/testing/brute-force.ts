/** The clocks of a place, as a second source of time zones knows them (`Intl`), and all their shifts. */
export interface PlaceClock {
  /** The offset before the first shift. */
  readonly first: number
  readonly shifts: readonly { readonly at: number; readonly offset: number }[]
}

const MINUTE = 60_000
const DAY = 86_400_000
const known = new Map<string, PlaceClock>()

/** Shifts are found by halving what two looks disagree about, 12 hours apart: nothing of the code under test is asked. */
export function clockOf(zone: string, from: number, until: number): PlaceClock {
  const found = known.get(zone)
  if (found) return found
  const offsetAt = intlOffset(zone)
  const first = offsetAt(from)
  const shifts: { at: number; offset: number }[] = []
  const step = 20 * DAY
  const halve = (a: number, b: number): void => {
    const before = offsetAt(a)
    if (b - a <= step / 8 && before === offsetAt(b)) return
    if (b - a > MINUTE) {
      const middle = Math.floor((a + b) / 2 / MINUTE) * MINUTE
      halve(a, middle)
      halve(middle, b)
    } else if (before !== offsetAt(b)) shifts.push({ at: b, offset: offsetAt(b) })
  }
  for (let at = from; at < until; at += step) halve(at, Math.min(at + step, until))
  const clock = { first, shifts }
  known.set(zone, clock)
  return clock
}

function intlOffset(zone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset', year: 'numeric' })
  const cache = new Map<number, number>()
  const ask = (at: number): number => {
    const text = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(format.format(at))
    if (!text?.[1]) return 0
    return (text[1] === '-' ? -1 : 1) * (Number(text[2]) * 60 + Number(text[3])) * MINUTE
  }
  return (at) => {
    let offset = cache.get(at)
    if (offset === undefined) cache.set(at, (offset = ask(at)))
    return offset
  }
}

/** A pattern as sets of numbers: digits, `*`, lists, ranges and steps. */
export interface Fields {
  readonly wildcardHours: boolean
  readonly matches: (local: number) => boolean
}

export function readFields(cron: string): Fields {
  const [minute = '', hour = '', date = '', month = '', weekday = ''] = cron.split(' ')
  const minutes = setOf(minute, 0, 59)
  const hours = setOf(hour, 0, 23)
  const dates = setOf(date, 1, 31)
  const months = setOf(month, 1, 12)
  const weekdays = setOf(weekday, 0, 6)
  const either = date !== '*' && weekday !== '*'
  const days = new Map<number, boolean>()
  const dayMatches = (day: number): boolean => {
    let fits = days.get(day)
    if (fits === undefined) {
      const then = new Date(day * DAY)
      const [a, b] = [dates.has(then.getUTCDate()), weekdays.has(then.getUTCDay())]
      days.set(day, (fits = months.has(then.getUTCMonth() + 1) && (either ? a || b : a && b)))
    }
    return fits
  }
  return {
    wildcardHours: hour.includes('*'),
    matches: (local) => {
      const day = Math.floor(local / DAY)
      const inDay = (local - day * DAY) / MINUTE
      return minutes.has(inDay % 60) && hours.has(Math.floor(inDay / 60)) && dayMatches(day)
    },
  }
}

function setOf(field: string, min: number, max: number): ReadonlySet<number> {
  const found = new Set<number>()
  for (const part of field.split(',')) {
    const [range = '', step = '1'] = part.split('/')
    const [low = String(min), high = range === '*' ? String(max) : low] = range === '*' ? [] : range.split('-')
    for (let value = Number(low); value <= Number(high); value += Number(step)) found.add(value)
  }
  return found
}

/** What is due in [from, before), by the definition and nothing else: the clock is stepped minute by minute. */
export function dueByDefinition(clock: PlaceClock, fields: Fields, from: number, before: number): readonly number[] {
  const due = new Set<number>()
  const shown = new Set<number>()
  let previous: number | undefined
  // Two days earlier, so that what was shown before clocks were put back is known.
  for (let at = Math.floor((from - 2 * DAY) / MINUTE) * MINUTE; at < before; at += MINUTE) {
    const local = at + offsetOf(clock, at)
    if (fields.wildcardHours) {
      if (fields.matches(local)) due.add(at)
    } else {
      // What was left out between the last minute and this one is due now, and so is what is shown for the first time.
      for (let missing = (previous ?? local) + MINUTE; missing < local; missing += MINUTE) {
        if (fields.matches(missing)) due.add(at)
      }
      if (!shown.has(local) && fields.matches(local)) due.add(at)
      shown.add(local)
    }
    previous = local
  }
  return [...due].filter((at) => at >= from && at < before)
}

function offsetOf(clock: PlaceClock, at: number): number {
  let { first: offset } = clock
  for (const shift of clock.shifts) {
    if (shift.at > at) break
    offset = shift.offset
  }
  return offset
}
