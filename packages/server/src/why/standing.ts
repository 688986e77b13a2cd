import type { EpochMs } from '@octopus/kit/clock.ts'

import type { WhyClient } from './why-store.ts'

/** Who a client was to the server at an instant. `unknown`: the audit trail does not reach so far back. */
export interface Standing {
  readonly was: 'not-enrolled' | 'pending' | 'approved' | 'revoked' | 'deleted' | 'unknown'
  /** Since when it was that. */
  readonly since: EpochMs | null
}

/** Pure: folds what was done to a client up to an instant. */
export function standingAt(client: Pick<WhyClient, 'createdAt' | 'history'>, at: EpochMs): Standing {
  if (client.createdAt > at) return { was: 'not-enrolled', since: null }
  let standing: Standing = { was: 'unknown', since: null }
  let deletedFrom = standing
  for (const event of client.history) {
    if (event.at > at) break
    if (event.became === 'draining' || event.became === 'not-draining') continue
    if (event.became === 'restored') {
      standing = { was: deletedFrom.was, since: event.at }
      continue
    }
    if (event.became === 'deleted') deletedFrom = standing
    standing = { was: event.became, since: event.at }
  }
  return standing
}

/** Pure: when the client became something, for the first time after an instant. */
export function firstAfter(
  client: Pick<WhyClient, 'history'>,
  became: WhyClient['history'][number]['became'],
  at: EpochMs,
): EpochMs | null {
  return client.history.find((event) => event.became === became && event.at > at)?.at ?? null
}
