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
}

/** Makes a source the current version of a plugin. What cannot be read is refused: the last good version stays. */
export async function publishPlugin(needs: PublishNeeds, input: Publication, actor: Actor): Promise<PluginRecord> {
  const { name, language, source, onlyIfNew } = input
  const { store, bus, clock, reader } = needs
  if (!isPluginName(name)) throw refusal('INVALID_PLUGIN_NAME', { name: name.slice(0, 100) })
  const bytes = Buffer.byteLength(source)
  if (bytes > PLUGIN_BYTES_MAX) throw refusal('PLUGIN_TOO_LARGE', { bytes, limitBytes: PLUGIN_BYTES_MAX })
  const { actions, doc, problems } = await reader.read(language, source)
  const first = problems[0]
  if (first) {
    const reason = `line ${first.line}, column ${first.column}: ${first.message}`
    throw refusal('INVALID_PLUGIN', { plugin: name, reason })
  }
  const checksum = sha256Hex(source) as Checksum
  const version = { name, language, source, checksum, actions, doc }
  const published = await store.publishPlugin({ now: clock.wall(), actor, ...version, onlyIfNew })
  if (published.outcome === 'name-taken') throw refusal('NAME_TAKEN', { what: 'plugin', name: published.name })
  if (published.outcome === 'published') bus.publish('plugins-changed', { name: published.plugin.name })
  return published.plugin
}
