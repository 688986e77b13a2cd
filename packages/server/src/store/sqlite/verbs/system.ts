import { present } from '@octopus/kit/assert.ts'
import type { EpochMs, Ms } from '@octopus/kit/clock.ts'
import { EXECUTION_STATES, TASK_STATUSES } from '@octopus/protocol/work.ts'

import type { SystemStore } from '#live/stats-store.ts'
import { countPlugins } from '#store/sql/plugins.ts'
import { writeAudit } from '#store/sqlite/audit.ts'
import { countOf, db } from '#store/sqlite/queries.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'

import { futureFence } from './future-fence.ts'
import { workStopped } from './runs.ts'
import { readTotals } from './totals.ts'

const HOUR_MS = 3_600_000

export const systemVerbs: VerbsOf<SystemStore> = {
  readStats: (tx, { now }) => {
    const clients = readTotals(tx, 'client')
    const executions = readTotals(tx, 'execution')
    const tasks = readTotals(tx, 'task')
    const [approved, pending] = [clients.get('approved') ?? 0, clients.get('pending') ?? 0]
    const online = tx.get<{ count: number }>('select count(*) as count from client where session_id is not null')
    const last24h = tx.get<{ succeeded: number; failed: number; runs: number }>(
      `select coalesce(sum(succeeded), 0) as succeeded, coalesce(sum(failed), 0) as failed, coalesce(sum(runs), 0) as runs
        from hour_stats where hour > ?`,
      Math.floor(now / HOUR_MS) - 24,
    )
    return {
      clients: { known: approved + pending, online: online?.count ?? 0, pending },
      executions: {
        queued: executions.get('queued') ?? 0,
        assigned: executions.get('assigned') ?? 0,
        running: executions.get('running') ?? 0,
        disconnected: executions.get('disconnected') ?? 0,
      },
      last24h: { ...present(last24h, 'a sum') },
      tasks: {
        created: tasks.get('created') ?? 0,
        active: tasks.get('active') ?? 0,
        completed: tasks.get('completed') ?? 0,
      },
      plugins: countOf(tx, countPlugins(db)),
    }
  },

  readMeasures: (tx) => {
    const clients = readTotals(tx, 'client')
    return {
      executions: byWord(EXECUTION_STATES, readTotals(tx, 'execution')),
      tasks: byWord(TASK_STATUSES, readTotals(tx, 'task')),
      clients: { pending: clients.get('pending') ?? 0, approved: clients.get('approved') ?? 0 },
    }
  },

  startServer: (tx, { now, freshServerId, freshSecret }) => {
    const serverId = keepFirst(tx, 'serverId', freshServerId)
    const secret = keepFirst(tx, 'secret', freshSecret)
    const epoch = Number(readMeta(tx, 'epoch') ?? 0) + 1
    writeMeta(tx, 'epoch', String(epoch))
    return { serverId, secret, epoch, steadyAheadMs: steadyAhead(tx, now) }
  },

  noteSteadyAhead: (tx, { aheadMs }) => writeMeta(tx, 'steadyAheadMs', String(aheadMs)),

  readFutureFence: (tx) => futureFence(tx),

  readWorkStopped: (tx) => workStopped(tx),

  setWorkStopped: (tx, { now, actor, stopped }) => {
    if (workStopped(tx) === stopped) return
    writeMeta(tx, 'workStopped', stopped ? '1' : '0')
    if (!stopped) writeMeta(tx, 'workResumedAt', String(now))
    writeAudit(tx, { now, actor, action: stopped ? 'work.stopped' : 'work.resumed', subject: 'all' })
  },

  probe: (tx, { now }) => {
    writeMeta(tx, 'probe', String(now))
    tx.run(`delete from meta where key = 'probe'`)
  },

  recordAudit: (tx, { now, actor, action, subject, details }) =>
    writeAudit(tx, { now, actor, action, subject, details: JSON.parse(details) as object }),
}

/**
 * As noted; but steady time is never behind what is written down by it: a clock that shows the past at the start, until
 * somebody sets it, would else give all that is in clients' hands so much more time.
 */
function steadyAhead(tx: Tx, now: EpochMs): Ms {
  const noted = Number(readMeta(tx, 'steadyAheadMs') ?? 0)
  const row = tx.get<{ last: EpochMs | null }>(
    `select max(max(coalesce(started_steady, 0), coalesce(disconnected_at, 0))) as last
      from execution where state in ('assigned', 'running', 'disconnected')`,
  )
  return Math.max(noted, (row?.last ?? 0) - now)
}

function byWord<Word extends string>(
  words: readonly Word[],
  totals: ReadonlyMap<string, number>,
): Readonly<Record<Word, number>> {
  return Object.fromEntries(words.map((word) => [word, totals.get(word) ?? 0])) as Record<Word, number>
}

function readMeta(tx: Tx, key: string): string | undefined {
  return tx.get<{ value: string }>('select value from meta where key = ?', key)?.value
}

function writeMeta(tx: Tx, key: string, value: string): void {
  tx.run(
    'insert into meta (key, value) values (?, ?) on conflict (key) do update set value = excluded.value',
    key,
    value,
  )
}

/** The value that was stored first; what is made at the first start stays for ever. */
function keepFirst(tx: Tx, key: string, fresh: string): string {
  const stored = readMeta(tx, key)
  if (stored === undefined) writeMeta(tx, key, fresh)
  return stored ?? fresh
}
