import { sha256Hex } from '@octopus/kit/checksum.ts'
import type { Clock } from '@octopus/kit/clock.ts'
import { refusal } from '@octopus/protocol/errors.ts'
import type { Checksum } from '@octopus/protocol/ids.ts'
import { PLUGIN_BYTES_MAX } from '@octopus/protocol/limits.ts'
import type { Language } from '@octopus/protocol/work.ts'

import type { ServerBus } from '#live/facts.ts'
import type { Actor } from '#store/page.ts'

import { isPluginName } from './plugin-name.ts'
import type { PluginRecord, PluginStore } from './plugin-store.ts'
import type { SourceReader } from './read-source.ts'

export interface PublishNeeds {
  readonly store: Pick<PluginStore, 'publishPlugin'>
  readonly bus: Pick<ServerBus, 'publish'>
  readonly clock: Pick<Clock, 'wall'>
  readonly reader: SourceReader
}

export interface Publication {
  readonly name: string
  readonly language: Language
  readonly source: string
  /** True: do nothing if the plugin has ever had these bytes. */
  readonly onlyIfNew: boolean
  /** The checksum that the author began with; null: there was no such plugin. Left out: whatever is current. */
  readonly basedOn?: Checksum | null
}

/** Makes a source the current version of a plugin. What cannot be read is refused: the last good version stays. */
export async function publishPlugin(needs: PublishNeeds, input: Publication, actor: Actor): Promise<PluginRecord> {
  const { name, language, source, onlyIfNew, basedOn } = input
  const { store, bus, clock, reader } = needs
  if (!isPluginName(name)) throw refusal('INVALID_PLUGIN_NAME', { name: name.slice(0, 100) })
  const { actions, doc } = await readPublishable(reader, { name, language, source })
  const checksum = sha256Hex(source) as Checksum
  const version = { name, language, source, checksum, actions, doc }
  const published = await store.publishPlugin({ now: clock.wall(), actor, ...version, onlyIfNew, basedOn })
  if (published.outcome === 'name-taken') {
    throw refusal(published.isDeleted ? 'NAME_OF_DELETED' : 'NAME_TAKEN', { what: 'plugin', name: published.name })
  }
  if (published.outcome === 'gone') throw refusal('PLUGIN_NOT_FOUND', { plugin: name })
  if (published.outcome === 'conflict') {
    const { plugin } = published
    throw refusal('VERSION_CONFLICT', { plugin: plugin.name, version: plugin.version, by: plugin.updatedBy })
  }
  if (published.outcome === 'published') bus.publish('plugins-changed', { name: published.plugin.name })
  return published.plugin
}

/** What was read out of a source that may run; refused with the first of its problems. */
export async function readPublishable(
  reader: SourceReader,
  { name, language, source }: Pick<Publication, 'name' | 'language' | 'source'>,
): Promise<Awaited<ReturnType<SourceReader['read']>>> {
  const bytes = Buffer.byteLength(source)
  if (bytes > PLUGIN_BYTES_MAX) throw refusal('PLUGIN_TOO_LARGE', { bytes, limitBytes: PLUGIN_BYTES_MAX })
  const read = await reader.read(language, source)
  const first = read.problems[0]
  if (!first) return read
  const reason = `line ${first.line}, column ${first.column}: ${first.message}`
  throw refusal('INVALID_PLUGIN', { plugin: name, reason })
}
