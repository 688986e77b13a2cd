import type { Stats } from '@octopus/protocol/rest/stats.ts'
import { OCTOPUS_VERSION } from '@octopus/protocol/version.ts'

import type { StoredStats } from './stats-store.ts'

/** The counters of the overview: those kept by write, and what is only known now. */
export function statsAnswer(
  stored: StoredStats,
  now: { readonly online: number; readonly inSync: number; readonly workStopped: boolean },
): Stats {
  return {
    clients: { ...stored.clients, online: now.online },
    executions: stored.executions,
    last24h: stored.last24h,
    tasks: stored.tasks,
    plugins: { total: stored.plugins, inSync: now.inSync },
    needsYou: [],
    workStopped: now.workStopped,
    version: OCTOPUS_VERSION,
  }
}
