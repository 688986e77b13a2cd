import { Cron } from 'croner'

import type { LocalMs } from './zone.ts'

/** What a cron pattern means on a clock that is never put forward or back. */
export interface CronPattern {
  /** The hour field has a `*`: the pattern follows elapsed time. Otherwise it names hours of the clock. */
  readonly wildcardHours: boolean
  /** The first time strictly after `after`; null if none ever comes. Times are whole minutes. */
  next(after: LocalMs): LocalMs | null
  /** How many times there are on a day that has any. */
  perDay(): number
  /** How many days in [from, before) have any; both are midnights. */
  days(from: LocalMs, before: LocalMs): number
}

const CRON_FIELDS = ['minute', 'hour', 'day of the month', 'month', 'day of the week'] as const

const NICKNAMES: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Reads a pattern of five fields. Throws with a sentence that says what is wrong with it. */
export function readCron(text: string): CronPattern {
  const [minute = '', hour = '', ...day] = cronFields(text)
  const times = matcher([minute, hour, ...day])
  return {
    wildcardHours: /[*?]/.test(hour),
    next: times,
    perDay: () =>
      countIn(matcher([minute, '*', '*', '*', '*']), HOUR) * countIn(matcher(['0', hour, '*', '*', '*']), DAY),
    days: (from, before) => countIn(matcher(['0', '0', ...day]), before, from),
  }
}

/** The five fields of a pattern, or of what a nickname like `@daily` stands for. */
export function cronFields(text: string): readonly string[] {
  const trimmed = text.trim()
  const fields = (NICKNAMES[trimmed.toLowerCase()] ?? trimmed).split(/\s+/)
  if (fields.length === CRON_FIELDS.length) return fields
  if (trimmed.startsWith('@')) throw new Error(`the short forms are ${Object.keys(NICKNAMES).join(', ')}`)
  const seconds = fields.length > CRON_FIELDS.length ? '; for a repeat in seconds take intervalSeconds' : ''
  const given = trimmed === '' ? 0 : fields.length
  throw new Error(`it has ${given} fields, and there are five: ${CRON_FIELDS.join(', ')}${seconds}`)
}

/** The part that reads patterns is asked on a clock without time zones: the rule for daylight saving is ours. */
function matcher(fields: readonly string[]): (after: LocalMs) => LocalMs | null {
  const cron = openPattern(fields.join(' '))
  return (after) => cron.nextRun(new Date(after))?.getTime() ?? null
}

function openPattern(text: string): Cron {
  try {
    return new Cron(text, { utcOffset: 0, paused: true, mode: '5-part' })
  } catch (error) {
    throw new Error((error as Error).message.replace(/^CronPattern: /, ''), { cause: error })
  }
}

function countIn(next: (after: LocalMs) => LocalMs | null, before: LocalMs, from: LocalMs = 0): number {
  let count = 0
  for (let at = next(from - 1); at !== null && at < before; at = next(at)) count += 1
  return count
}
