import { PluginsSchema, type ManifestEntry, type Plugins } from '@octopus/protocol/from-server.ts'
import type { Checksum } from '@octopus/protocol/ids.ts'
import { parser } from '@octopus/protocol/schema.ts'

const parse = parser(PluginsSchema)

/** The list of plugin versions that this client must have, as the server last said. */
export interface Manifest {
  readonly revision: number
  readonly entries: ReadonlyMap<Checksum, ManifestEntry>
}

/**
 * What can be said of one version: on the disk, not yet, not for quite a while (this PC cannot fetch it or write it), not
 * listed, or the server's bytes were wrong again and again.
 */
export type PluginState = 'ready' | 'fetching' | 'failing' | 'unlisted' | 'unverified'

export const NO_MANIFEST: Manifest = { revision: 0, entries: new Map() }

/**
 * Pure: the manifest after this message. A whole list always counts; a change that is not newer changes nothing; one to
 * another list than this is none of ours: undefined, and nobody knows what it lacks.
 */
export function applied(manifest: Manifest, message: Plugins): Manifest | undefined {
  const { from } = message
  if (from !== null && message.revision <= manifest.revision) return manifest
  if (from !== null && from !== manifest.revision) return undefined
  const entries = new Map(from === null ? [] : manifest.entries)
  for (const checksum of message.removed) entries.delete(checksum)
  for (const entry of message.changed) entries.set(entry.checksum, entry)
  return { revision: message.revision, entries }
}

/** As it is kept on the disk: one `plugins` message with the whole list. */
export function encodeManifest({ revision, entries }: Manifest): string {
  const message: Plugins = { type: 'plugins', revision, from: null, changed: [...entries.values()], removed: [] }
  return JSON.stringify(message)
}

/** A manifest that cannot be read is none: the server then sends the whole list. */
export function decodeManifest(text: string): Manifest {
  try {
    const parsed = parse(JSON.parse(text))
    return (parsed.ok ? applied(NO_MANIFEST, parsed.value) : undefined) ?? NO_MANIFEST
  } catch {
    return NO_MANIFEST
  }
}
