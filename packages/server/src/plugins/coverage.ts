import type { Clock, Ms } from '@octopus/kit/clock.ts'
import type { Checksum } from '@octopus/protocol/ids.ts'

import type { Facts, ServerBus } from '#live/facts.ts'

import type { PluginStore } from './plugin-store.ts'

export type Coverage = Awaited<ReturnType<PluginStore['readCoverage']>>

/** One reading is good for so long, whatever happens: dashboards of many people ask for the same at the same time. */
const FRESH_MS: Ms = 500
/** More checksums than anybody looks at in that time. */
const KEPT_MAX = 1_000
/** What a coverage is counted from. */
const MOVES = [
  'client-changed',
  'client-revoked',
  'client-deleted',
  'presence-changed',
  'plugins-changed',
] as const satisfies readonly (keyof Facts)[]

/**
 * Which clients have a version, looked up once for all who ask. Counting a large fleet is dear and most of the time
 * nothing has moved: then a reading is good for CACHE_TTL.
 */
export function createCoverage(needs: {
  readonly store: Pick<PluginStore, 'readCoverage'>
  readonly clock: Pick<Clock, 'monotonic'>
  readonly bus: Pick<ServerBus, 'on'>
  readonly cacheTtlMs: Ms
}): (checksum: Checksum) => Promise<Coverage> {
  const { store, clock, bus, cacheTtlMs } = needs
  const readings = new Map<Checksum, { readonly at: Ms; readonly reading: Promise<Coverage> }>()
  let movedAt: Ms = clock.monotonic()
  for (const fact of MOVES) {
    bus.on(fact, () => {
      movedAt = clock.monotonic()
    })
  }
  return (checksum) => {
    const now = clock.monotonic()
    const found = readings.get(checksum)
    // Begun in the very millisecond of a change, it may be from before it.
    const goodFor = found && found.at > movedAt ? Math.max(FRESH_MS, cacheTtlMs) : FRESH_MS
    if (found && now - found.at < goodFor) return found.reading
    if (readings.size >= KEPT_MAX) readings.clear()
    const reading = store.readCoverage({ checksum })
    readings.set(checksum, { at: now, reading })
    reading.catch(() => readings.delete(checksum))
    return reading
  }
}
