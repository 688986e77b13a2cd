import type { ManifestEntry } from '@octopus/protocol/from-server.ts'
import type { Checksum, ClientId } from '@octopus/protocol/ids.ts'

import type { Manifest } from './plugin-store.ts'

type List = Pick<Manifest, 'revision' | 'entries'>

export interface ManifestDelta {
  readonly revision: number
  /** Null: `changed` is the whole list. */
  readonly from: number | null
  readonly changed: readonly ManifestEntry[]
  readonly removed: readonly Checksum[]
}

/** Pure: what a client that has `from` must be told to have `to`; the whole list if nobody knows what it has. */
export function manifestDelta(from: List | undefined, to: List): ManifestDelta {
  if (!from) return { revision: to.revision, from: null, changed: to.entries, removed: [] }
  const before = new Set(from.entries.map((entry) => entry.checksum))
  const after = new Set(to.entries.map((entry) => entry.checksum))
  return {
    revision: to.revision,
    from: from.revision,
    changed: to.entries.filter((entry) => !before.has(entry.checksum)),
    removed: from.entries.map((entry) => entry.checksum).filter((checksum) => !after.has(checksum)),
  }
}

/** Pure: the list of one client: everybody's, and what is tried out there and listed to nobody else. */
export function listWithTries(manifest: Manifest, client: ClientId): readonly ManifestEntry[] {
  const listed = new Set(manifest.entries.map((entry) => entry.checksum))
  const own = manifest.tries.filter((one) => one.client === client && !listed.has(one.entry.checksum))
  const byChecksum = new Map(own.map(({ entry }) => [entry.checksum, entry]))
  return [...manifest.entries, ...byChecksum.values()]
}

/** Pure: more than one version of some plugin is listed, as something that has not ended needs an older one. */
export function hasSuperseded({ entries }: Pick<Manifest, 'entries'>): boolean {
  return new Set(entries.map(({ name }) => name)).size < entries.length
}
