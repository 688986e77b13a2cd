import type { Clock } from '@octopus/kit/clock.ts'
import { refusal } from '@octopus/protocol/errors.ts'
import type { Checksum } from '@octopus/protocol/ids.ts'

import type { ServerBus } from '#live/facts.ts'
import type { Actor } from '#store/page.ts'

import type { PluginRecord, PluginStore } from './plugin-store.ts'

interface RollBackNeeds {
  readonly store: Pick<PluginStore, 'setCurrentVersion'>
  readonly bus: Pick<ServerBus, 'publish'>
  readonly clock: Pick<Clock, 'wall'>
}

/** Makes the bytes of an older version current again, under a new number: history only grows. */
export async function rollBack(
  needs: RollBackNeeds,
  target: { readonly name: string; readonly revision: number; readonly checksum: Checksum },
  actor: Actor,
): Promise<PluginRecord> {
  const { store, bus, clock } = needs
  const { name, revision, checksum } = target
  const set = await store.setCurrentVersion({ now: clock.wall(), actor, name, checksum, ifRevision: revision })
  if (set.outcome === 'gone') throw refusal('PLUGIN_NOT_FOUND', { plugin: name })
  if (set.outcome === 'no-version') throw refusal('VERSION_NOT_FOUND', { plugin: name, version: checksum })
  if (set.outcome === 'stale') throw refusal('STALE_REVISION', { current: set.revision })
  if (set.outcome === 'published') bus.publish('plugins-changed', { name: set.plugin.name })
  return set.plugin
}
