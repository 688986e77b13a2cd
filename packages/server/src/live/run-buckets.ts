import type { EpochMs, Ms } from '@octopus/kit/clock.ts'
import { OUTCOMES, type Outcome } from '@octopus/protocol/work.ts'

/** Runs are counted by write in buckets of these widths: the fine ones for hours and days, the coarse ones beyond. */
export const RUN_STAT_GRAINS_MS: readonly Ms[] = [300_000, 3_600_000]

/** The fine buckets are kept for so long; more of them than are read for one answer is no use to anybody. */
export const FINE_GRAIN_KEEP_MS: Ms = 8 * 86_400_000

export const RUN_WORDS = ['active', ...OUTCOMES] as const
export type RunCounts = Readonly<Record<Outcome | 'active', number>>

/** How a span is cut: `bucketMs` is a multiple of `grainMs`, `from` and `to` are widened to whole buckets. */
export interface Cut {
  readonly from: EpochMs
  readonly to: EpochMs
  readonly grainMs: Ms
  readonly bucketMs: Ms
}

/** Cuts a span into so many buckets at most; one more where widening both ends makes one. */
export function cutSpan(
  span: { readonly from: EpochMs; readonly to: EpochMs; readonly now: EpochMs },
  buckets: number,
): Cut {
  const [fine = 0, coarse = 0] = RUN_STAT_GRAINS_MS
  const width = Math.max(1, span.to - span.from) / buckets
  const isKept = span.now - span.from < FINE_GRAIN_KEEP_MS
  const grainMs = isKept && width < coarse ? fine : coarse
  const bucketMs = Math.ceil(width / grainMs) * grainMs
  const from = span.from - (span.from % bucketMs)
  return { from, to: Math.max(from + bucketMs, Math.ceil(span.to / bucketMs) * bucketMs), grainMs, bucketMs }
}

/** Every bucket of a cut, also the empty ones. */
export function fillBuckets(
  cut: Cut,
  rows: readonly { readonly at: EpochMs; readonly word: string; readonly runs: number }[],
): readonly { readonly at: EpochMs; readonly counts: RunCounts }[] {
  const buckets = new Map<EpochMs, Record<string, number>>()
  for (let at = cut.from; at < cut.to; at += cut.bucketMs)
    buckets.set(at, Object.fromEntries(RUN_WORDS.map((word) => [word, 0])))
  for (const { at, word, runs } of rows) {
    const counts = buckets.get(at)
    if (counts) counts[word] = (counts[word] ?? 0) + runs
  }
  return [...buckets].map(([at, counts]) => ({ at, counts: counts as RunCounts }))
}
