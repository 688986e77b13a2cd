import type { ClientId, ExecutionId } from '@octopus/protocol/ids.ts'

import type { ClientStore } from '#clients/client-store.ts'
import { reconcile } from '#delivery/reconcile.ts'
import type { ExecutionStore } from '#executions/execution-store.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'

import { Changes } from './changes.ts'
import { isRevoked } from './client-rows.ts'
import { readClientRecord } from './clients.ts'
import { isFromTheFuture, noteFutureFence } from './future-fence.ts'
import { takeBackOrCancel } from './hand-over.ts'
import { mayBeForgotten } from './kept-from.ts'
import { noteHappened } from './notices.ts'
import { forgetRejections } from './rejections.ts'
import { STATE_COLUMNS, type StateRow } from './rows.ts'
import { settleUnproven, unprovenUntil } from './unproven.ts'
import { forgetVanished } from './vanished-notes.ts'

export const sessionVerbs: VerbsOf<
  Pick<ClientStore, 'beginSession' | 'recordReported' | 'recordSynced' | 'endSession'> &
    Pick<ExecutionStore, 'reconcile'>
> = {
  beginSession: (tx, { now, client, session, bootId, version, holdMs, heartbeatMs }) => {
    const begun = tx.run(
      `update client set session_id = ?, session_began_at = ?, last_seen_at = ?, vanished_at = null, boot_id = ?, version = ?,
          heartbeat_ms = ?, hold_ms = ? where id = ? and status = 'approved' and deleted_at is null`,
      session,
      now,
      now,
      bootId,
      version,
      heartbeatMs,
      holdMs,
      client,
    )
    forgetVanished(tx, client)
    return begun === 0 ? null : readClientRecord(tx, client)
  },

  recordReported: (tx, { now, client, session, reported, runtimes, slots }) => {
    tx.run(
      `update client set reported = ?, runtimes = ?, slots = ?, last_seen_at = ? where id = ? and session_id = ?`,
      JSON.stringify(reported),
      JSON.stringify(runtimes),
      slots,
      now,
      client,
      session,
    )
  },

  recordSynced: (tx, { client, session, revision, missing }) => {
    tx.run(
      'update client set manifest_revision = ?, missing = ? where id = ? and session_id = ?',
      revision,
      JSON.stringify(missing),
      client,
      session,
    )
  },

  endSession: (tx, { now, steady, client, session, holdEndsAt, vanished }) => {
    const changes = new Changes(tx, now, steady)
    const ended = tx.run(
      'update client set session_id = null, last_seen_at = ?, vanished_at = ? where id = ? and session_id = ?',
      now,
      vanished === true ? now : null,
      client,
      session,
    )
    if (ended > 0) {
      if (vanished) {
        noteHappened(tx, { subject: client, event: 'client-vanished', task: null, client, sample: null, count: 1, now })
      }
      const neverBack = isRevoked(tx, client)
      for (const row of handedOutRows(tx, client)) {
        changes.apply(row, { on: 'contact-lost' }, { disconnectedAt: steady, holdEndsAt })
        const isUnwanted = row.cancel_requested_at !== null
        if (neverBack && isUnwanted) changes.waitNoLonger({ ...row, hold_ends_at: holdEndsAt }, true)
      }
    }
    // A client that was deleted lost its session with that; its hold begins all the same.
    const away = ended > 0 || tx.get('select 1 from client where id = ? and session_id is null', client)
    if (away && unprovenUntil(tx, client, holdEndsAt)) changes.noteEnd(holdEndsAt)
    return changes.flush()
  },

  reconcile: (tx, { now, steady, holdEndsAt, client, session, journalId, journalSeq, attempts }) => {
    const changes = new Changes(tx, now, steady)
    const known = tx.get<{ journal_id: string | null; journal_seq: number }>(
      `select journal_id, journal_seq from client where id = ? and session_id = ? and status <> 'revoked'`,
      client,
      session,
    )
    if (!known) return { isCurrent: false, verdicts: [], futureFence: false, held: [], touched: changes.flush() }
    const isFuture = (attempt: (typeof attempts)[number]): boolean =>
      attempt.proved && isFromTheFuture(tx, attempt.fence)
    for (const attempt of attempts) {
      if (isFuture(attempt)) noteFutureFence(tx, { now, client, fence: attempt.fence })
    }
    settleUnproven(
      tx,
      changes,
      client,
      attempts.filter(({ phase }) => phase !== 'ended'),
    )
    forgetRejections(tx, changes, client)
    const rows = new Map(handedOutRows(tx, client).map((row) => [row.id, row]))
    const { settlements, verdicts } = reconcile({
      handedOut: [...rows.values()].map((row) => ({
        id: row.id,
        fence: row.fence ?? 0,
        started: row.started_at !== null,
        cancelRequested: row.cancel_requested_at !== null,
      })),
      inventory: attempts.map((attempt) => ({ ...attempt, fromTheFuture: isFuture(attempt) })),
      sameJournal: known.journal_id === journalId && journalSeq >= known.journal_seq,
      known: knownExecutions(
        tx,
        attempts.map((attempt) => attempt.execution),
      ),
    })
    const held: ExecutionId[] = []
    for (const { execution, what } of settlements) {
      const row = rows.get(execution)
      if (!row) continue
      if (what === 'never-started') takeBackOrCancel(tx, changes, row)
      else if (what === 'unknown') changes.apply(row, { on: 'contact-lost' }, { disconnectedAt: steady, holdEndsAt })
      else {
        const startedAt = what === 'still-running' ? (row.started_at ?? now) : null
        changes.apply(row, { on: what }, { startedAt, back: true })
        held.push(execution)
      }
    }
    // What it proved nothing of was handed out to another journal, whose place it does not take as long as that is open:
    // the next inventory would prove with it what this one could not.
    const journal = settlements.some(({ what }) => what === 'unknown') ? null : journalId
    tx.run('update client set journal_id = ?, journal_seq = ? where id = ?', journal, journalSeq, client)
    return { isCurrent: true, verdicts, futureFence: attempts.some(isFuture), held, touched: changes.flush() }
  },
}

function handedOutRows(tx: Tx, client: ClientId): readonly StateRow[] {
  return tx.all<StateRow>(
    `select ${STATE_COLUMNS} from execution
      where client_id = ? and state in ('assigned', 'running', 'disconnected')`,
    client,
  )
}

/** Also those that may have been deleted because they are old: their results are asked for, and refused. */
function knownExecutions(tx: Tx, ids: readonly ExecutionId[]): ReadonlySet<ExecutionId> {
  const rows = tx.all<{ id: ExecutionId }>(
    'select id from execution where id in (select value from json_each(?))',
    JSON.stringify(ids),
  )
  return new Set([...rows.map((row) => row.id), ...ids.filter((id) => mayBeForgotten(tx, id))])
}
