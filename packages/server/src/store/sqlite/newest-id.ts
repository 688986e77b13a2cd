import type { DatabaseSync } from 'node:sqlite'

import type { EpochMs, Ms } from '@octopus/kit/clock.ts'
import { idFloor, timeOfId } from '@octopus/kit/ids.ts'

/** Further ahead than a wrong time zone explains, the clock was broken: new ids would say nothing of their time. */
export const IDS_AHEAD_MS_MAX: Ms = 86_400_000

/** Whatever waits, is shown or is listed by age. */
const TABLES = ['audit', 'execution', 'run'] as const

/**
 * From where ids go on, so that what is made now is younger than what there is, though the wall clock was set back while
 * the server was down. What a broken clock made once is passed over: it would stay the newest for as long as it is kept.
 * 0: they begin with the clock.
 */
export function idsGoOnFrom(database: DatabaseSync, now: EpochMs): EpochMs {
  const sound = idFloor(now + IDS_AHEAD_MS_MAX)
  const newest = TABLES.map((table) => {
    const select = database.prepare(`select max(id) as id from ${table} where id < ?`)
    const { id } = select.get(sound) as { id: string | null }
    return id === null ? 0 : timeOfId(id)
  })
  return Math.max(...newest)
}
