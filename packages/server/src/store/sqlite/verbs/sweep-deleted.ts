import type { RunId, TaskId } from '@octopus/protocol/ids.ts'

import type { Slice, Swept } from '#retention/retention-store.ts'
import type { Tx } from '#store/sqlite/tx.ts'

import { deleteRun, deleteTaskRow } from './sweep-rows.ts'

/** Things of one kind looked at in one slice: mostly something still refers to them, and they stay for now. */
const LOOKED_AT = 50

type Kind = 'task' | 'plugin' | 'client' | 'user'
/** Tasks first: they refer to the others. */
const KINDS: readonly Kind[] = ['task', 'plugin', 'client', 'user']
const KEYS = { task: 'id', plugin: 'name', client: 'id', user: 'id' } as const satisfies Record<Kind, string>

/** `after` is the kind and the key of what was looked at last: `task 0189…`. */
export function sweepDeleted(tx: Tx, { before, after, limit }: Slice): Swept {
  const [kind, key] = after === null ? (['task', ''] as const) : splitCursor(after)
  const found = tx.all<{ key: string }>(SELECTS[kind], key, before, LOOKED_AT)
  let deleted = 0
  let done = key
  for (const one of found) {
    const went = DELETE[kind](tx, one.key, limit - deleted)
    deleted += went.rows
    if (!went.all) return { deleted, after: `${kind} ${done}` }
    done = one.key
    if (deleted >= limit) return { deleted, after: `${kind} ${done}` }
  }
  if (found.length === LOOKED_AT) return { deleted, after: `${kind} ${done}` }
  const next = KINDS[KINDS.indexOf(kind) + 1]
  return { deleted, after: next === undefined ? null : `${next} ` }
}

const select = (kind: Kind): string =>
  `select ${KEYS[kind]} as key from ${kind} where ${KEYS[kind]} > ? and deleted_at < ? order by ${KEYS[kind]} limit ?`
const SELECTS = {
  task: select('task'),
  plugin: select('plugin'),
  client: select('client'),
  user: select('user'),
} as const satisfies Record<Kind, string>

/** Rows that went; `all` is false when there was more of it than the slice may take. */
interface Went {
  readonly rows: number
  readonly all: boolean
}

const DELETE: Readonly<Record<Kind, (tx: Tx, key: string, limit: number) => Went>> = {
  task: (tx, id, limit) => {
    // Deleting it asked to cancel what was open; until that has ended, it stays.
    if (tx.get(`select 1 from run where task_id = ? and status = 'active'`, id)) return { rows: 0, all: true }
    let rows = 0
    for (const run of tx.all<{ id: RunId }>('select id from run where task_id = ? limit ?', id, limit)) {
      const went = deleteRun(tx, run.id, limit - rows)
      rows += went.rows
      if (!went.all || rows >= limit) return { rows, all: false }
    }
    return { rows: rows + deleteTaskRow(tx, id as TaskId), all: true }
  },

  // Its sources stay: what ran once can be shown for ever.
  plugin: (tx, name) => {
    if (tx.get('select 1 from task where plugin = ? limit 1', name)) return { rows: 0, all: true }
    const versions = tx.run('delete from plugin_version where plugin = ?', name)
    return { rows: versions + tx.run('delete from plugin where name = ?', name), all: true }
  },

  client: (tx, id) => ({
    rows: tx.run(
      `delete from client where id = ? and session_id is null
        and not exists (select 1 from execution where client_id = client.id)
        and not exists (select 1 from run where try_client = client.id)
        and not exists (select 1 from task where try_client = client.id)`,
      id,
    ),
    all: true,
  }),

  user: (tx, id) => {
    const needed = tx.get(
      `select 1 where exists (select 1 from client where user_id = ?1) or exists (select 1 from task where user_id = ?1)`,
      id,
    )
    if (needed) return { rows: 0, all: true }
    const rows =
      tx.run('delete from api_token where user_id = ?', id) +
      tx.run('delete from web_session where user_id = ?', id) +
      tx.run('delete from one_time_link where user_id = ?', id) +
      tx.run('delete from enrollment_token where user_id = ?', id)
    return { rows: rows + tx.run('delete from user where id = ?', id), all: true }
  },
}

function splitCursor(after: string): readonly [Kind, string] {
  const space = after.indexOf(' ')
  return [after.slice(0, space) as Kind, after.slice(space + 1)]
}
