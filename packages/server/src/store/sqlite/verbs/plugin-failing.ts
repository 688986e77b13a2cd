import type { EpochMs } from '@octopus/kit/clock.ts'
import type { Outcome } from '@octopus/protocol/work.ts'

import type { Tx } from '#store/sqlite/tx.ts'

/** Counts how many runs of a plugin failed one after another; what was not executed says nothing about it. */
export function notePluginRun(tx: Tx, now: EpochMs, plugin: string, outcome: Outcome): void {
  if (outcome === 'succeeded' || outcome === 'partly-failed') {
    tx.run('delete from plugin_failing where plugin = ?', plugin)
  } else if (outcome === 'failed') {
    tx.run(
      `insert into plugin_failing (plugin, runs, since, last_at) values (?, 1, ?, ?)
        on conflict (plugin) do update set runs = runs + 1, last_at = excluded.last_at`,
      plugin,
      now,
      now,
    )
  }
}
