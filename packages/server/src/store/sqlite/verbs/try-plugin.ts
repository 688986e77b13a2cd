import { present } from '@octopus/kit/assert.ts'
import type { ExecutionId, TaskId } from '@octopus/protocol/ids.ts'
import type { Language } from '@octopus/protocol/work.ts'

import type { TryStore } from '#plugins/try-store.ts'
import { writeAudit } from '#store/sqlite/audit.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'

import { Changes } from './changes.ts'
import { createRun, newRunWork, type RunningTask } from './create-run.ts'
import { storeSource } from './plugin-source.ts'
import { NO_VERSION } from './rows.ts'
import { nameKey } from './user-rows.ts'

type TryInput = Parameters<TryStore['tryPlugin']>[0]

export const tryVerbs: VerbsOf<TryStore> = {
  tryPlugin: (tx, input) => {
    const { now, actor, client } = input
    const plugin = tx.get<{ name: string; checksum: string }>(
      'select name, checksum from plugin where name_key = ? and deleted_at is null',
      nameKey(input.name),
    )
    if (!plugin) return { outcome: 'no-plugin' }
    const taker = tx.get<Taker>(
      'select name, status, draining, session_id from client where id = ? and deleted_at is null',
      client,
    )
    if (!taker) return { outcome: 'no-client' }
    const reason = whyNot(taker)
    if (reason !== undefined) return { outcome: 'takes-no-work', name: taker.name, reason }
    if (input.bytes) storeSource(tx, plugin.name, input.bytes)
    const checksum = input.bytes?.checksum ?? plugin.checksum
    const changes = new Changes(tx, now)
    const { run, execution } = insertTry(tx, changes, { ...input, plugin: plugin.name, checksum })
    writeAudit(tx, { now, actor, action: 'plugin.tried', subject: plugin.name, details: { client, checksum, run } })
    return { outcome: 'begun', execution, touched: changes.flush() }
  },
}

interface Taker {
  readonly name: string
  readonly status: string
  readonly draining: number
  readonly session_id: string | null
}

function whyNot(taker: Taker): string | undefined {
  if (taker.status !== 'approved') return 'is not approved'
  if (taker.session_id === null) return 'is not connected'
  return taker.draining === 1 ? 'gets no new work (it is draining)' : undefined
}

/** A task that lists do not show, and its only run: pinned to the bytes, for the one client. */
function insertTry(
  tx: Tx,
  changes: Changes,
  input: TryInput & { readonly plugin: string; readonly checksum: string },
): { readonly run: string; readonly execution: ExecutionId } {
  const { now, actor, client, plugin, checksum, action, argsJson, kwargsJson, timeoutMs, deadlineAt } = input
  const task: RunningTask = {
    id: tx.ids.next() as TaskId,
    plugin,
    action,
    args_json: argsJson,
    kwargs_json: kwargsJson,
    owner: 'all',
    user_id: null,
    timeout_ms: timeoutMs,
    on_disconnect: 'continue',
    retry_max: 1,
    retry_backoff_ms: 0,
    retry_on: '[]',
    priority: input.priority,
    overlap: 'allow',
  }
  tx.run(
    `insert into task (id, name, plugin, action, args_json, kwargs_json, owner, type, timeout_ms, on_disconnect, priority,
        status, revision, created_at, created_by, try_client)
      values (?, ?, ?, ?, ?, ?, 'all', 'ad-hoc', ?, 'continue', ?, 'created', 1, ?, ?, ?)`,
    task.id,
    `Try of ${plugin}.${action}`,
    plugin,
    action,
    argsJson,
    kwargsJson,
    timeoutMs,
    input.priority,
    now,
    actor.name,
    client,
  )
  const work = newRunWork()
  const planned = { occurrence: 'try', dueAt: now, deadlineAt, queues: false }
  const cause = { kind: 'manual', by: actor.name } as const
  const run = present(
    createRun(tx, changes, { now, work }, { task, run: { planned, cause, slots: [client] } }),
    'a try',
  )
  const { language, version } = present(
    tx.get<{ language: Language; version: number }>(
      `select s.language, coalesce((select max(v.version) from plugin_version v
          where v.plugin = ? and v.checksum = s.checksum), ?) as version
        from plugin_source s where s.checksum = ?`,
      plugin,
      NO_VERSION,
      checksum,
    ),
    'the source to be tried',
  )
  // The run was made with the current version, as every run is.
  tx.run(
    'update run set checksum = ?, plugin_version = ?, language = ?, try_client = ? where id = ?',
    checksum,
    version,
    language,
    client,
    run,
  )
  tx.run('update execution set language = ? where run_id = ?', language, run)
  const { id } = present(tx.get<{ id: ExecutionId }>('select id from execution where run_id = ?', run), 'its execution')
  return { run, execution: id }
}
