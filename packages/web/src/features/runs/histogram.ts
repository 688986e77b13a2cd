import type { Answer } from '@octopus/api-client/request.ts'

import { OUTCOME_LOOKS, type Outcome } from '#domain/states.ts'
import type { Tone } from '#ui/tone.ts'

type Bucket = Answer<'getRunStats'>['items'][number]

export interface HistogramPart {
  readonly word: string
  readonly tone: Tone
  readonly count: number
  /** From the bottom, as a share of the highest column. */
  readonly from: number
  readonly height: number
}

export interface HistogramColumn {
  readonly at: number
  readonly total: number
  readonly parts: readonly HistogramPart[]
}

/** From the bottom to the top: what went well carries what did not. */
const ORDER: readonly Outcome[] = ['succeeded', 'skipped', 'cancelled', 'expired', 'partly-failed', 'failed']

/** Columns of runs over time, stacked by outcome; the highest one is 1 high. */
export function histogramOf(buckets: readonly Bucket[]): readonly HistogramColumn[] {
  const highest = Math.max(1, ...buckets.map(totalOf))
  return buckets.map((bucket) => {
    let below = 0
    const parts = [
      ...ORDER.map((outcome) => [OUTCOME_LOOKS[outcome].word, OUTCOME_LOOKS[outcome].tone, bucket[outcome]] as const),
      ['active', 'active', bucket.active] as const,
    ]
    return {
      at: Date.parse(bucket.at),
      total: totalOf(bucket),
      parts: parts
        .filter(([, , count]) => count > 0)
        .map(([word, tone, count]) => {
          const part = { word, tone, count, from: below / highest, height: count / highest }
          below += count
          return part
        }),
    }
  })
}

function totalOf(bucket: Bucket): number {
  return ORDER.reduce((sum, outcome) => sum + bucket[outcome], bucket.active)
}

/** The columns between two of them, in either direction, as the times they stand for; `to` is not included. */
export function spanOf(
  columns: readonly HistogramColumn[],
  span: readonly [number, number],
  widthMs: number,
): { readonly from: number; readonly to: number } | undefined {
  const first = columns[Math.min(...span)]
  const last = columns[Math.max(...span)]
  return first && last ? { from: first.at, to: last.at + widthMs } : undefined
}
