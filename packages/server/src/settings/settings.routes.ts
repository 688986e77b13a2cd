import type { Clock } from '@octopus/kit/clock.ts'
import { isoOrNull } from '@octopus/kit/instant.ts'
import { refusal } from '@octopus/protocol/errors.ts'
import type { Settings } from '@octopus/protocol/rest/settings.ts'

import type { Handlers } from '#http/route.ts'
import { tellingCurrent } from '#http/telling-current.ts'
import { actorOf } from '#users/access.ts'

import type { SettingsRecord, SettingsStore } from './settings-store.ts'
import { SHOWN_LIMITS } from './shown-limits.ts'

export interface SettingsRouteNeeds {
  readonly store: SettingsStore
  readonly clock: Pick<Clock, 'wall'>
}

export function settingsRoutes({ store, clock }: SettingsRouteNeeds): Handlers<'getSettings' | 'changeSettings'> {
  const read = async (): Promise<Settings> => settingsAnswer(await store.readSettings({}))
  return {
    getSettings: read,

    changeSettings: ({ body, revision, caller }) =>
      tellingCurrent(async () => {
        const change = { now: clock.wall(), actor: actorOf(caller), ifRevision: revision, changes: body }
        const changed = await store.changeSettings(change)
        if (changed.outcome === 'stale') throw refusal('STALE_REVISION', { current: changed.revision })
        return read()
      }, read),
  }
}

function settingsAnswer({ values, revision, changedAt, changedBy }: SettingsRecord): Settings {
  return { ...values, revision, changedAt: isoOrNull(changedAt), changedBy, limits: [...SHOWN_LIMITS] }
}
