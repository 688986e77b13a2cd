import type { Ms } from '@octopus/kit/clock.ts'
import type { ClientId, SessionId } from '@octopus/protocol/ids.ts'

import type { ClientStore } from '#clients/client-store.ts'
import { holdEndsAfter } from '#delivery/timing.ts'
import type { VerbsOf } from '#store/sqlite/tx.ts'

import { ENDS_WITH_HOLD } from './changes.ts'
import { unprovenUntil } from './unproven.ts'

/** What a server that starts asks and says of the sessions of its last life, and of what was in clients' hands. */
export const restartVerbs: VerbsOf<Pick<ClientStore, 'readOpenSessions' | 'readClientsAtWork' | 'restartHolds'>> = {
  readOpenSessions: (tx) =>
    tx
      .all<{ id: ClientId; session_id: SessionId; hold_ms: number | null; heartbeat_ms: number | null }>(
        'select id, session_id, hold_ms, heartbeat_ms from client where session_id is not null',
      )
      .map((row) => ({
        client: row.id,
        session: row.session_id,
        toldHoldMs: row.hold_ms ?? 0,
        toldHeartbeatMs: row.heartbeat_ms ?? 0,
      })),

  readClientsAtWork: (tx) =>
    tx
      .all<{ client_id: ClientId }>(
        `select distinct client_id from execution where state in ('assigned', 'running', 'disconnected')
          and client_id in (select id from client where status = 'approved' and deleted_at is null)`,
      )
      .map((row) => row.client_id),

  restartHolds: (tx, { steady, holdMs, endsNotBefore }) => {
    tx.run(
      `update execution set ends_at_latest = ?, grace_ends_at = null
        where state in ('assigned', 'running', 'disconnected') and ends_at_latest < ?`,
      endsNotBefore,
      endsNotBefore,
    )
    const endOf = (toldMs: Ms): number => steady + holdEndsAfter(Math.max(holdMs, toldMs))
    for (const { told } of tx.all<{ told: Ms }>(TOLD_TO_THOSE_AT_WORK)) {
      // By the wall clock that stood when it was written, the old end means nothing any more.
      tx.run(RENEW_HOLDS, endOf(told), Math.max(endsNotBefore, endOf(told)), told)
    }
    for (const { client, told } of tx.all<{ client: ClientId; told: Ms }>(UNPROVEN_AND_AWAY)) {
      unprovenUntil(tx, client, Math.max(endsNotBefore, endOf(told)))
    }
  },
}

/** Few: a hold is seldom set. 0: the client has begun no session since it is written down. */
const TOLD_TO_THOSE_AT_WORK = `select distinct coalesce(c.hold_ms, 0) as told
  from execution e join client c on c.id = e.client_id where e.state in ('assigned', 'running', 'disconnected')`

/** Of what is in contact too: should it be out of contact before its client is told another hold, this one counts. */
const RENEW_HOLDS = `update execution set hold_ends_at = ?,
    ends_at_latest = case when state = 'disconnected' and ${ENDS_WITH_HOLD} then ? else ends_at_latest end
  from client c where c.id = client_id and coalesce(c.hold_ms, 0) = ? and state in ('assigned', 'running', 'disconnected')`

/** Clients that are not here to end an earlier attempt. Not all have an end of hold: the server died as one was deleted. */
const UNPROVEN_AND_AWAY = `select distinct e.unproven_client as client, coalesce(c.hold_ms, 0) as told
  from execution e left join client c on c.id = e.unproven_client
  where e.unproven_client is not null and e.ends_at_latest is not null
    and (e.unproven_until is not null or c.session_id is null)`
