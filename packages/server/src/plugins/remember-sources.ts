import { sha256Hex } from '@octopus/kit/checksum.ts'
import type { Clock, Ms } from '@octopus/kit/clock.ts'

import type { SourceReader } from './read-source.ts'

/** Sources that people work on at the same time, with room to spare; the one that was made first goes first. */
const KEPT_MAX = 200

/**
 * A source is parsed once when it is checked, tried and published one after the other, and when an editor asks again.
 * What was read is kept for CACHE_TTL; the source itself is not.
 */
export function rememberSources(
  reader: SourceReader,
  { clock, cacheTtlMs }: { readonly clock: Pick<Clock, 'monotonic'>; readonly cacheTtlMs: Ms },
): SourceReader {
  const readings = new Map<string, { readonly at: Ms; readonly reading: ReturnType<SourceReader['read']> }>()
  return {
    read: (language, source) => {
      const key = `${language} ${sha256Hex(source)}`
      const now = clock.monotonic()
      const found = readings.get(key)
      if (found && now - found.at < cacheTtlMs) return found.reading
      readings.delete(key)
      const reading = reader.read(language, source)
      if (cacheTtlMs > 0) readings.set(key, { at: now, reading })
      for (const oldest of readings.keys()) {
        if (readings.size <= KEPT_MAX) break
        readings.delete(oldest)
      }
      // A reader that failed, or had too little time, may do better when it is asked again.
      reading.catch(() => readings.delete(key))
      return reading
    },
  }
}
