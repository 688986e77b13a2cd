import type { Clock, Ms } from '@octopus/kit/clock.ts'
import type { Checksum } from '@octopus/protocol/ids.ts'

import type { PluginStore } from './plugin-store.ts'

export type Coverage = Awaited<ReturnType<PluginStore['readCoverage']>>

/** One reading is good for so long: dashboards of many people ask for the same at the same time. */
const FRESH_MS: Ms = 500
/** More checksums than anybody looks at in that time. */
const KEPT_MAX = 1_000

/** Which clients have a version, looked up once for all who ask at about the same time. */
export function createCoverage(needs: {
  readonly store: Pick<PluginStore, 'readCoverage'>
  readonly clock: Pick<Clock, 'monotonic'>
}): (checksum: Checksum) => Promise<Coverage> {
  const readings = new Map<Checksum, { readonly at: Ms; readonly reading: Promise<Coverage> }>()
  return (checksum) => {
    const now = needs.clock.monotonic()
    const found = readings.get(checksum)
    if (found && now - found.at < FRESH_MS) return found.reading
    if (readings.size >= KEPT_MAX) readings.clear()
    const reading = needs.store.readCoverage({ checksum })
    readings.set(checksum, { at: now, reading })
    reading.catch(() => readings.delete(checksum))
    return reading
  }
}
