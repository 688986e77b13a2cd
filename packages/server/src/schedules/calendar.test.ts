import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createSeededRandom, pickIndex } from '@octopus/kit/random.ts'

import { clockOf, dueByDefinition, readFields } from '#schedules/testing/brute-force.ts'

import { cronBeat } from './calendar.ts'

const at = (text: string): number => Temporal.Instant.from(text).epochMilliseconds

/** The times of a pattern in [from, before). */
function timesOf(cron: string, zone: string, from: number, before: number): number[] {
  const beat = cronBeat(cron, zone)
  const times: number[] = []
  for (let time = beat.next(from - 1); time !== null && time < before; time = beat.next(time)) times.push(time)
  return times
}

const local = (zone: string, times: readonly number[]): string[] =>
  times.map((time) =>
    Temporal.Instant.fromEpochMilliseconds(time)
      .toZonedDateTimeISO(zone)
      .toString({ timeZoneName: 'never', smallestUnit: 'minute' })
      .slice(5),
  )

const BERLIN = 'Europe/Berlin'
const day = (date: string, zone: string, days = 1): [number, number] => {
  const start = Temporal.PlainDate.from(date).toZonedDateTime(zone)
  return [start.epochMilliseconds, start.add({ days }).epochMilliseconds]
}

describe('a cron pattern on the clocks of a place', () => {
  const cases: readonly (readonly [string, string, string, string, readonly string[]])[] = [
    ['an hour that is left out comes just after', '30 2 * * *', BERLIN, '2026-03-29', ['03-29T03:00+02:00']],
    ['several that are left out come once', '0,15,30,45 2 * * *', BERLIN, '2026-03-29', ['03-29T03:00+02:00']],
    ['one that is left out joins the one that is due then', '0 2,3 * * *', BERLIN, '2026-03-29', ['03-29T03:00+02:00']],
    ['an hour that comes twice runs at its first pass', '30 2 * * *', BERLIN, '2026-10-25', ['10-25T02:30+02:00']],
    [
      'hours that are named one by one are named',
      '0 0-23 2 * *',
      BERLIN,
      '2026-11-02',
      Array.from({ length: 24 }, (_, h) => `11-02T${String(h).padStart(2, '0')}:00+01:00`),
    ],
    [
      'a wildcard runs nothing extra where an hour is left out',
      '30 */1 * * *',
      BERLIN,
      '2026-03-29',
      ['00', '01', '03', '04'].map((h) => `03-29T${h}:30+0${Number(h) < 2 ? 1 : 2}:00`),
    ],
    [
      'a wildcard runs at both passes',
      '30 * * * *',
      BERLIN,
      '2026-10-25',
      ['00:30+02', '01:30+02', '02:30+02', '02:30+01'].map((t) => `10-25T${t}:00`),
    ],
    [
      'midnight that is left out is when the day begins',
      '0 0 * * *',
      'America/Santiago',
      '2026-09-06',
      ['09-06T01:00-03:00'],
    ],
    ['half an hour that is left out', '15 2 * * *', 'Australia/Lord_Howe', '2026-10-04', ['10-04T02:30+11:00']],
  ]
  for (const [what, cron, zone, date, expected] of cases) {
    it(what, () =>
      assert.deepEqual(local(zone, timesOf(cron, zone, ...day(date, zone))).slice(0, expected.length), expected),
    )
  }

  it('that falls on a day that a country left out is due as the next one begins', () => {
    const zone = 'Pacific/Apia'
    const times = timesOf('0 3 30 12 *', zone, at('2011-12-29T00:00:00Z'), at('2012-01-02T00:00:00Z'))
    assert.deepEqual(local(zone, times), ['12-31T00:00+14:00'])
  })

  it('of the 29th of February waits for the next leap year, also over 2100', () => {
    assert.deepEqual(
      local('UTC', timesOf('0 0 29 2 *', 'UTC', at('2026-01-01T00:00:00Z'), at('2029-01-01T00:00:00Z'))),
      ['02-29T00:00+00:00'],
    )
    assert.equal(cronBeat('0 0 29 2 *', 'UTC').next(at('2096-03-01T00:00:00Z')), at('2104-02-29T00:00:00Z'))
  })

  it('that no date fits never comes', () => {
    for (const cron of ['0 0 30 2 *', '0 0 31 4,6,9,11 *']) assert.equal(cronBeat(cron, BERLIN).next(0), null)
  })
})

/** Hours by name, lists and steps in the hours that clocks are put forward and back in, and wildcards of all kinds. */
const PATTERNS = [
  '30 2 * * *',
  '0 0 * * *',
  '0,20,40 0-4 * * *',
  '*/7 1-3 * * *',
  '59 23,0 * * *',
  '15 1,2 * * 0',
  '0 0 1 * 0',
  '45 * * * *',
  '0 */2 * * *',
  '*/13 */3 * * *',
  '30 0-23/2 * 3,4,9-11 *',
  '5 */5 1-15 * 1-5',
]
const HOUR = 3_600_000
const FROM = Date.UTC(2000, 0, 1)
const UNTIL = Date.UTC(2040, 0, 1)

describe('the rule for daylight saving', () => {
  const zones = Intl.supportedValuesOf('timeZone')
  const random = createSeededRandom(2_040)
  let compared = 0

  const compare = (zone: string, cron: string, from: number, before: number): void => {
    const expected = dueByDefinition(clockOf(zone, FROM, UNTIL), readFields(cron), from, before)
    assert.deepEqual(timesOf(cron, zone, from, before), expected, `${cron} in ${zone}, ${new Date(from).toISOString()}`)
    compared += expected.length
  }

  it('holds, minute by minute, around every shift of the clocks of every zone from 2000 to 2040', () => {
    // Zones that put their clocks the same way at the same instant need to be looked at once for each pattern.
    const seen = new Map<string, number>()
    let shifts = 0
    for (const zone of zones) {
      const clock = clockOf(zone, FROM, UNTIL)
      clock.shifts.forEach(({ at: shift, offset }, index) => {
        shifts += 1
        const before = clock.shifts[index - 1]?.offset ?? clock.first
        const width = 3 * HOUR + Math.abs(offset - before)
        const key = `${shift} ${before} ${offset}`
        const times = seen.get(key) ?? 0
        seen.set(key, times + 1)
        const cron = PATTERNS[(shifts + times) % PATTERNS.length] ?? ''
        if (times < PATTERNS.length) compare(zone, cron, shift - width, shift + width)
      })
    }
    assert.ok(zones.length > 400 && shifts > 10_000, `${zones.length} zones, ${shifts} shifts`)
  })

  it('holds at random weeks of every zone', () => {
    for (const zone of zones) {
      const from = FROM + Math.floor(random.fraction() * (UNTIL - FROM - 8 * 24 * HOUR))
      compare(zone, PATTERNS[pickIndex(random, 3)] ?? '', from, from + 7 * 24 * HOUR)
    }
    assert.ok(compared > 50_000, `only ${compared} due times were compared`)
  })

  it('is counted as it is gone through', () => {
    for (let i = 0; i < 150; i++) {
      const zone = zones[pickIndex(random, zones.length)] ?? 'UTC'
      const cron = PATTERNS[pickIndex(random, PATTERNS.length)] ?? ''
      const from = FROM + Math.floor(random.fraction() * (UNTIL - FROM))
      const before = from + Math.floor(random.fraction() ** 2 * 200 * 24 * HOUR)
      assert.equal(
        cronBeat(cron, zone).count(from, before),
        timesOf(cron, zone, from, before).length,
        `${cron} in ${zone}, ${from} to ${before}`,
      )
    }
  })
})
