import type { EpochMs } from '@octopus/kit/clock.ts'
import { epochOf } from '@octopus/kit/instant.ts'

/** `from` and `to` of a query as times; the schema has checked that they are some. */
export function span(query: { readonly from?: string; readonly to?: string }): {
  readonly from: EpochMs | undefined
  readonly to: EpochMs | undefined
} {
  return {
    from: query.from === undefined ? undefined : epochOf(query.from),
    to: query.to === undefined ? undefined : epochOf(query.to),
  }
}
