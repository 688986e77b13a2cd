import { isoOf } from '@octopus/kit/instant.ts'
import type { Need, Stats } from '@octopus/protocol/rest/stats.ts'
import { OCTOPUS_VERSION } from '@octopus/protocol/version.ts'

import type { NeedRecord } from './needs-store.ts'
import type { StoredStats } from './stats-store.ts'

/** The counters of the overview: those kept by write, and what is only known now. */
export function statsAnswer(
  stored: StoredStats,
  now: {
    readonly online: number
    readonly inSync: number
    readonly workStopped: boolean
    readonly needs: readonly NeedRecord[]
  },
): Stats {
  return {
    clients: { ...stored.clients, online: now.online },
    executions: stored.executions,
    last24h: stored.last24h,
    tasks: stored.tasks,
    plugins: { total: stored.plugins, inSync: now.inSync },
    needsYou: [
      ...(now.workStopped ? [{ kind: 'work-stopped' as const, count: 1, items: [] }] : []),
      ...now.needs.map(needAnswer),
    ],
    workStopped: now.workStopped,
    version: OCTOPUS_VERSION,
  }
}

function needAnswer({ kind, count, items }: NeedRecord): Need {
  return { kind, count, items: items.map(({ id, name, since }) => ({ id, name, since: isoOf(since) })) }
}
