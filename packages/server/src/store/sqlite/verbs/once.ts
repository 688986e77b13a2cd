import { refusal } from '@octopus/protocol/errors.ts'
import { IDEMPOTENCY_KEEP_MS, IDEMPOTENCY_KEYS_MAX } from '@octopus/protocol/limits.ts'

import type { Once } from '#store/page.ts'
import type { VerbTable } from '#store/sqlite/core.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'
import type { OnceStore } from '#users/once-store.ts'

/** A larger answer is made again from the outcomes of the verbs. */
const ANSWER_CHARACTERS_MAX = 2_097_152

export const onceVerbs: VerbsOf<OnceStore> = {
  readKept: (tx, { now, caller, keyHash }) => {
    const row = findKey(tx, { caller, keyHash, at: now })
    return row ? { requestHash: row.request_hash, seed: row.seed, answer: row.answer } : null
  },

  keepAnswer: (tx, { once, answer }) => {
    if (answer.length > ANSWER_CHARACTERS_MAX) return
    tx.run(
      `update idempotency_key set answer = ?, steps = '{}' where caller = ? and key_hash = ? and seed = ?`,
      answer,
      once.caller,
      once.keyHash,
      once.seed,
    )
  },

  forgetKeys: (tx, { now, limit }) => {
    const rows = tx.all<{ caller: string }>(
      `delete from idempotency_key where rowid in
        (select rowid from idempotency_key where created_at <= ? order by created_at limit ?) returning caller`,
      now - IDEMPOTENCY_KEEP_MS,
      limit,
    )
    for (const { caller } of rows) countKey(tx, caller, -1)
    return rows.length
  },
}

/** Every verb, as it runs when its actor carries a `Once`: what changed something is not done again. */
export function atMostOnce(verbs: VerbTable): VerbTable {
  const wrapped = Object.entries(verbs).map(([name, run]) => {
    const once = (tx: Tx, input: never): unknown => {
      const key = (input as { readonly actor?: { readonly once?: Once } } | undefined)?.actor?.once
      return key === undefined ? run?.(tx, input) : runOnce(tx, key, name, () => run?.(tx, input))
    }
    return [name, once] as const
  })
  return Object.fromEntries(wrapped)
}

function runOnce(tx: Tx, once: Once, verb: string, run: () => unknown): unknown {
  const row = findKey(tx, once)
  if (row && row.request_hash !== once.requestHash) throw refusal('KEY_REUSED')
  // Two servers began the same request at once: only one may go on, as their secrets differ.
  if (row && row.seed !== once.seed) throw refusal('KEY_UNDER_WAY')
  const steps = row ? (JSON.parse(row.steps) as Record<string, unknown>) : {}
  if (Object.hasOwn(steps, verb)) return steps[verb]
  const before = changesOf(tx)
  const outcome = run()
  // What was refused changed nothing: it may be tried again under the same key.
  if (changesOf(tx) === before) return outcome
  writeSteps(tx, once, { ...steps, [verb]: outcome ?? null }, row === undefined)
  return outcome
}

function writeSteps(tx: Tx, once: Once, steps: object, isNew: boolean): void {
  if (!isNew) {
    const json = JSON.stringify(steps)
    tx.run('update idempotency_key set steps = ? where caller = ? and key_hash = ?', json, once.caller, once.keyHash)
    return
  }
  // One of a day ago may lie there still.
  const old = tx.run('delete from idempotency_key where caller = ? and key_hash = ?', once.caller, once.keyHash)
  countKey(tx, once.caller, 1 - old)
  tx.run(
    `insert into idempotency_key (caller, key_hash, request_hash, seed, steps, created_at) values (?, ?, ?, ?, ?, ?)`,
    once.caller,
    once.keyHash,
    once.requestHash,
    once.seed,
    JSON.stringify(steps),
    once.at,
  )
}

/** Keys of a caller are counted by write. Throws when there are too many: the effect is undone with it. */
function countKey(tx: Tx, caller: string, by: number): void {
  const name = `idempotency-keys:${caller}`
  const row = tx.get<{ value: number }>(
    `insert into counter (name, value) values (?, ?)
      on conflict (name) do update set value = value + excluded.value returning value`,
    name,
    by,
  )
  if (by > 0 && (row?.value ?? 0) > IDEMPOTENCY_KEYS_MAX)
    throw refusal('TOO_MANY_KEYS', { limit: IDEMPOTENCY_KEYS_MAX })
  if (row?.value === 0) tx.run('delete from counter where name = ?', name)
}

interface KeyRow {
  readonly request_hash: string
  readonly seed: string
  readonly steps: string
  readonly answer: string | null
}

function findKey(tx: Tx, key: Pick<Once, 'caller' | 'keyHash' | 'at'>): KeyRow | undefined {
  return tx.get<KeyRow>(
    `select request_hash, seed, steps, answer from idempotency_key
      where caller = ? and key_hash = ? and created_at > ?`,
    key.caller,
    key.keyHash,
    key.at - IDEMPOTENCY_KEEP_MS,
  )
}

function changesOf(tx: Tx): number {
  return tx.get<{ n: number }>('select total_changes() as n')?.n ?? 0
}
