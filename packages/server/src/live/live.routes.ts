import type { Clock, Ms } from '@octopus/kit/clock.ts'
import type { Checksum } from '@octopus/protocol/ids.ts'
import { OCTOPUS_VERSION } from '@octopus/protocol/version.ts'

import type { Presence } from '#delivery/door.ts'
import { cancelWork } from '#executions/cancel-work.ts'
import { EventStream, type Handlers } from '#http/route.ts'
import { span } from '#http/span.ts'
import type { Coverage } from '#plugins/coverage.ts'
import type { Store } from '#store/store.ts'
import { setWorkStopped } from '#tasks/stop-work.ts'
import { actorOf } from '#users/access.ts'

import type { ServerBus } from './facts.ts'
import type { Feed } from './feed.ts'
import { getRunStats } from './get-run-stats.ts'
import { statsAnswer } from './stats-answer.ts'
import { readTopics } from './topics.ts'

export interface LiveRouteNeeds {
  readonly store: Store
  readonly bus: ServerBus
  readonly clock: Clock
  readonly presence: Pick<Presence, 'onlineCount'>
  readonly coverage: (checksum: Checksum) => Promise<Coverage>
  readonly feed: Feed
}

type LiveRoutes = 'getStats' | 'getRunStats' | 'events' | 'stopAllWork' | 'resumeAllWork' | 'healthz' | 'readyz'

/** Of more plugins than this the overview does not say how many are everywhere. */
const PLUGINS_LOOKED_AT = 200

export function liveRoutes(needs: LiveRouteNeeds): Handlers<LiveRoutes> {
  const { store, clock, presence, feed } = needs
  const ready = createReadiness(needs)
  return {
    getStats: async () => {
      const now = clock.wall()
      const [stored, found, workStopped, inSync] = await Promise.all([
        store.readStats({ now }),
        store.readNeeds({ now }),
        store.readWorkStopped({}),
        countInSync(needs),
      ])
      return statsAnswer(stored, { online: presence.onlineCount(), inSync, workStopped, needs: found })
    },

    getRunStats: async ({ query }) => getRunStats(needs, { ...span(query), buckets: query.buckets }),

    events: async ({ query, caller }) => {
      const topics = readTopics(query.topics)
      const who = `${caller.name}/${caller.token}`
      const subscription = { topics, caller: who, stillThere: () => caller.stillThere() }
      return new EventStream((sink) => feed.open(subscription, sink))
    },

    stopAllWork: async ({ caller }) => {
      const actor = actorOf(caller)
      await setWorkStopped(needs, true, actor)
      return { workStopped: true, cancelled: await cancelWork(needs, { everything: true }, actor) }
    },

    resumeAllWork: async ({ caller }) => {
      await setWorkStopped(needs, false, actorOf(caller))
      return { workStopped: false, cancelled: 0 }
    },

    healthz: async () => ({ status: 'alive', version: OCTOPUS_VERSION }),

    readyz: async () => {
      await ready()
      return { status: 'ready', version: OCTOPUS_VERSION }
    },
  }
}

/** Anybody may ask whether the store can commit, and finding out costs a commit: once a second for all who ask. */
const READY_MS: Ms = 1_000

function createReadiness({ store, clock }: Pick<LiveRouteNeeds, 'store' | 'clock'>): () => Promise<void> {
  let probed: { readonly at: Ms; readonly outcome: Promise<void> } | undefined
  return () => {
    const at = clock.monotonic()
    if (probed === undefined || at - probed.at >= READY_MS) probed = { at, outcome: store.probe({ now: clock.wall() }) }
    return probed.outcome
  }
}

/** Plugins whose current version every connected client has. */
async function countInSync({ store, coverage }: LiveRouteNeeds): Promise<number> {
  const { items } = await store.listPlugins({ limit: PLUGINS_LOOKED_AT, after: null })
  const all = await Promise.all(items.map(({ checksum }) => coverage(checksum)))
  return all.filter(({ have, of }) => have === of).length
}
