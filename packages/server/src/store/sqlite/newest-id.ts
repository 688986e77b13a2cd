import type { DatabaseSync } from 'node:sqlite'

import type { EpochMs, Ms } from '@octopus/kit/clock.ts'
import { timeOfId } from '@octopus/kit/ids.ts'

/** Further ahead than a wrong time zone explains, the clock was broken: new ids would say nothing of their time. */
const AHEAD_MS_MAX: Ms = 86_400_000

/** Whatever waits, is shown or is listed by age. */
const TABLES = ['audit', 'execution', 'run'] as const

/**
 * From where ids go on, so that what is made now is younger than what there is, though the wall clock was set back while
 * the server was down. 0: they begin with the clock.
 */
export function idsGoOnFrom(database: DatabaseSync, now: EpochMs): EpochMs {
  const newest = TABLES.map((table) => {
    const { id } = database.prepare(`select max(id) as id from ${table}`).get() as { id: string | null }
    return id === null ? 0 : timeOfId(id)
  })
  const last = Math.max(...newest)
  return last - now <= AHEAD_MS_MAX ? last : 0
}
