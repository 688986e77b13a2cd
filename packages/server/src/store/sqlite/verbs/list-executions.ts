import type { ClientId } from '@octopus/protocol/ids.ts'
import { EXECUTION_STATES } from '@octopus/protocol/work.ts'

import type { ExecutionRecord, ExecutionStore } from '#executions/execution-store.ts'
import { countColumn } from '#runs/run.ts'
import type { Page, PageRequest } from '#store/page.ts'
import { pageOf } from '#store/sql/page-rows.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'

import { EXECUTION_FROM, EXECUTION_SELECT, executionRecord, type ExecutionRow } from './execution-reads.ts'
import { type Source, type SourceFilter, sourceOf } from './execution-sources.ts'
import { type Condition, countUpTo, listPage, readRows } from './list.ts'
import { readTotals } from './totals.ts'
import { nameKey } from './user-rows.ts'

export const listExecutionVerbs: VerbsOf<Pick<ExecutionStore, 'listExecutions'>> = {
  listExecutions: (tx, request) => {
    const { user, ...filter } = request.filter
    if (user !== undefined && filter.run === undefined) return listOfUser(tx, request, user, filter)
    const source = sourceOf(filter)
    const conditions = [...source.conditions, ...(user === undefined ? [] : [ofUser(findOwner(tx, user) ?? '')])]
    return listPage<ExecutionRow, ExecutionRecord>(tx, request, {
      select: select(source),
      from: from(source),
      key: source.key,
      direction: source.direction,
      conditions,
      keyOf: (row) => (source.key.length === 1 ? [row.id] : [row.slot_kind, row.slot_value]),
      map: executionRecord,
      total: user === undefined ? counted(tx, filter) : undefined,
    })
  },
}

function select({ index }: Source): string {
  return `${EXECUTION_SELECT} from execution e indexed by ${index} ${EXECUTION_FROM}`
}

function from({ index }: Source): string {
  return `from execution e indexed by ${index}`
}

/** Of more clients than this the newest executions are looked through instead: most of them are this user's then. */
const CLIENTS_MERGED_MAX = 50

/** Made for this user, or done by one of their clients: the newest of each of these lists, merged. */
function listOfUser(tx: Tx, request: PageRequest, user: string, filter: SourceFilter): Page<ExecutionRecord> {
  const owner = findOwner(tx, user)
  if (owner === undefined) return { items: [], nextKey: null, total: { value: 0, exact: true } }
  const clients = clientsOf(tx, owner)
  const sources = clients.length > CLIENTS_MERGED_MAX ? [manyClients(filter, owner)] : merged(filter, owner, clients)
  const rows = sources
    .flatMap((source) =>
      readRows<ExecutionRow>(tx, request, {
        select: select(source),
        key: ['e.id'],
        direction: 'desc',
        conditions: source.conditions,
      }),
    )
    .sort((a, b) => (a.id < b.id ? 1 : -1))
  const totals = sources.map((source) => countUpTo(tx, { from: from(source), conditions: source.conditions }))
  return pageOf(request, rows, {
    keyOf: (row) => [row.id],
    map: executionRecord,
    total: { value: totals.reduce((sum, { value }) => sum + value, 0), exact: totals.every(({ exact }) => exact) },
  })
}

function clientsOf(tx: Tx, user: string): readonly ClientId[] {
  return tx
    .all<{ id: ClientId }>('select id from client where user_id = ? limit ?', user, CLIENTS_MERGED_MAX + 1)
    .map(({ id }) => id)
}

/** No execution is in two of them. */
function merged(filter: SourceFilter, user: string, clients: readonly ClientId[]): readonly Source[] {
  const wanted = filter.client === undefined ? clients : clients.filter((client) => client === filter.client)
  const ofOthers = { sql: `not (e.slot_kind = 'user' and e.slot_value = ?)`, value: user, unindexed: true } as const
  const ofClients = wanted.map((client) => {
    const source = sourceOf({ ...filter, client })
    return { ...source, conditions: [...source.conditions, ofOthers] }
  })
  return [sourceOf({ ...filter, slotUser: user }), ...ofClients]
}

function manyClients(filter: SourceFilter, user: string): Source {
  const source = sourceOf(filter)
  return { ...source, conditions: [...source.conditions, ofUser(user)] }
}

/** Row by row: its slot is the user, or its client is the user's. */
function ofUser(user: string): Condition {
  const sql = `? in (case e.slot_kind when 'user' then e.slot_value end, (select user_id from client where id = e.client_id))`
  return { sql, value: user, unindexed: true }
}

function findOwner(tx: Tx, name: string): string | undefined {
  return tx.get<{ id: string }>('select id from user where name_key = ?', nameKey(name))?.id
}

/** What counters know: all there are, those of a task or of a run, and each of these by state. */
function counted(tx: Tx, filter: SourceFilter): number | undefined {
  const { run, task, client, state, digest, from: since, to } = filter
  if (client !== undefined || digest !== undefined || since !== undefined || to !== undefined) return undefined
  if (run !== undefined && task !== undefined) return undefined
  const column = state === undefined ? 'total' : countColumn(state)
  if (run !== undefined) return countOf(tx, `select ${column} as count from run where id = ?`, run)
  if (task !== undefined) return countOf(tx, `select ${column} as count from task where id = ?`, task)
  const totals = readTotals(tx, 'execution')
  const words: readonly string[] = state === undefined ? EXECUTION_STATES : [state]
  return words.reduce<number>((sum, word) => sum + (totals.get(word) ?? 0), 0)
}

function countOf(tx: Tx, sql: string, id: string): number {
  return tx.get<{ count: number }>(sql, id)?.count ?? 0
}
