import type { EpochMs, Ms } from '@octopus/kit/clock.ts'
import type { Outcome } from '@octopus/protocol/work.ts'

import { RUN_STAT_GRAINS_MS } from '#live/run-buckets.ts'
import type { RunStatsStore } from '#live/run-stats-store.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'

export const runStatsVerbs: VerbsOf<RunStatsStore> = {
  readRunStats: (tx, { from, to, grainMs, bucketMs }) =>
    tx.all(
      `select at - at % ? as at, word, sum(runs) as runs from run_stats
        where grain_ms = ? and at >= ? and at < ? group by 1, 2 having sum(runs) > 0`,
      bucketMs,
      grainMs,
      from,
      to,
    ),
}

/** Counters of runs over time, collected during a verb and written once: by when a run came to be, whenever it ended. */
export class RunStats {
  readonly #deltas = new Map<string, { readonly grain: Ms; readonly at: EpochMs; readonly word: string; by: number }>()

  add(createdAt: EpochMs, word: Outcome | 'active', by: number): void {
    for (const grain of RUN_STAT_GRAINS_MS) {
      const at = createdAt - (createdAt % grain)
      const key = `${grain} ${at} ${word}`
      const delta = this.#deltas.get(key)
      if (delta) delta.by += by
      else this.#deltas.set(key, { grain, at, word, by })
    }
  }

  flush(tx: Tx): void {
    for (const { grain, at, word, by } of this.#deltas.values()) {
      if (by === 0) continue
      tx.run(
        `insert into run_stats (grain_ms, at, word, runs) values (?, ?, ?, ?)
          on conflict (grain_ms, at, word) do update set runs = runs + excluded.runs`,
        grain,
        at,
        word,
        by,
      )
    }
    this.#deltas.clear()
  }
}
