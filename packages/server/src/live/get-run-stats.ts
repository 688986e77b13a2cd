import type { Clock, EpochMs, Ms } from '@octopus/kit/clock.ts'
import { isoOf } from '@octopus/kit/instant.ts'
import { invalidRequest } from '@octopus/protocol/errors.ts'
import type { AnswerOf } from '@octopus/protocol/rest/route-types.ts'
import { BUCKETS_DEFAULT, RUN_STATS_DAYS_MAX } from '@octopus/protocol/rest/stats.ts'

import { cutSpan, fillBuckets } from './run-buckets.ts'
import type { RunStatsStore } from './run-stats-store.ts'

const DAY_MS: Ms = 86_400_000

/** Runs over time; without times, of the last 24 hours. */
export async function getRunStats(
  { store, clock }: { readonly store: RunStatsStore; readonly clock: Pick<Clock, 'wall'> },
  wish: { readonly from: EpochMs | undefined; readonly to: EpochMs | undefined; readonly buckets: number | undefined },
): Promise<AnswerOf<'getRunStats'>> {
  const now = clock.wall()
  // What came to be just now belongs to it.
  const to = wish.to ?? Math.max(now, wish.from ?? now) + 1
  const from = wish.from ?? to - DAY_MS
  refuseSpan(from, to)
  const cut = cutSpan({ from, to, now }, wish.buckets ?? BUCKETS_DEFAULT)
  const rows = await store.readRunStats(cut)
  return {
    from: isoOf(cut.from),
    to: isoOf(cut.to),
    bucketSeconds: cut.bucketMs / 1_000,
    items: fillBuckets(cut, rows).map(({ at, counts }) => ({ at: isoOf(at), ...counts })),
  }
}

function refuseSpan(from: EpochMs, to: EpochMs): void {
  if (from < 0) throw invalidRequest('query', [{ field: 'from', message: 'is before 1970' }])
  if (to <= from) throw invalidRequest('query', [{ field: 'to', message: 'must be later than from' }])
  if (to - from > RUN_STATS_DAYS_MAX * DAY_MS) {
    const message = `is more than ${RUN_STATS_DAYS_MAX} days after from; ask for less at once`
    throw invalidRequest('query', [{ field: 'to', message }])
  }
}
