import type { ManifestEntry } from '@octopus/protocol/from-server.ts'
import type { Checksum } from '@octopus/protocol/ids.ts'

import type { Manifest } from './plugin-store.ts'

export interface ManifestDelta {
  readonly revision: number
  readonly whole: boolean
  readonly changed: readonly ManifestEntry[]
  readonly removed: readonly Checksum[]
}

/** Pure: what a client that has `from` must be told to have `to`; the whole list if nobody knows what it has. */
export function manifestDelta(from: Manifest | undefined, to: Manifest): ManifestDelta {
  if (!from) return { revision: to.revision, whole: true, changed: to.entries, removed: [] }
  const before = new Set(from.entries.map((entry) => entry.checksum))
  const after = new Set(to.entries.map((entry) => entry.checksum))
  return {
    revision: to.revision,
    whole: false,
    changed: to.entries.filter((entry) => !before.has(entry.checksum)),
    removed: from.entries.map((entry) => entry.checksum).filter((checksum) => !after.has(checksum)),
  }
}
