import assert from 'node:assert/strict'
import type { DatabaseSync } from 'node:sqlite'

import { createUuidV7Maker } from '@octopus/kit/ids.ts'
import { createSeededRandom } from '@octopus/kit/random.ts'
import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'

import { type SqlValue, Tx } from '#store/sqlite/tx.ts'
import { VERBS } from '#store/sqlite/verbs/table.ts'
import type { StoreVerbs } from '#store/store.ts'

interface Asked {
  readonly sql: string
  readonly values: readonly SqlValue[]
}

/** Remembers what a verb asks of the database. */
export class WatchedTx extends Tx {
  readonly asked: Asked[] = []

  override all<Row>(sql: string, ...values: readonly SqlValue[]): readonly Row[] {
    this.asked.push({ sql, values })
    return super.all<Row>(sql, ...values)
  }

  override get<Row>(sql: string, ...values: readonly SqlValue[]): Row | undefined {
    this.asked.push({ sql, values })
    return super.get<Row>(sql, ...values)
  }

  override run(sql: string, ...values: readonly SqlValue[]): number {
    this.asked.push({ sql, values })
    return super.run(sql, ...values)
  }
}

// One for all verbs: rows that several of them make must not have the same id.
const ids = createUuidV7Maker(createHandClock(), createSeededRandom(1))

/** What a verb answers, and how the database goes about each of the statements that it really runs. */
export function watched<K extends keyof StoreVerbs>(
  database: DatabaseSync,
  verb: K,
  input: Parameters<StoreVerbs[K]>[0],
): { readonly answer: Awaited<ReturnType<StoreVerbs[K]>>; readonly plans: readonly string[] } {
  const tx = new WatchedTx(database, { ids, prove: () => '' })
  const answer = VERBS[verb]?.(tx, input as never) as Awaited<ReturnType<StoreVerbs[K]>>
  assert.ok(tx.asked.length > 0, `${verb} asked nothing`)
  const plans = tx.asked.flatMap(({ sql, values }) =>
    database
      .prepare(`explain query plan ${sql}`)
      .all(...values)
      .map((row) => String(row['detail'])),
  )
  return { answer, plans }
}
