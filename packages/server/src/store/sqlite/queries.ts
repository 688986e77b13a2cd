import { type Compilable, DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'

import type { Tables } from '#store/sql/tables.ts'

import type { SqlValue, Tx } from './tx.ts'

/** Writes SQL for SQLite; it never runs any. */
export const db = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (self) => new SqliteIntrospector(self),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
})

export function many<Row>(tx: Tx, query: Compilable<Row>): readonly Row[] {
  const { sql, parameters } = query.compile()
  return tx.all<Row>(sql, ...(parameters as readonly SqlValue[]))
}

export function first<Row>(tx: Tx, query: Compilable<Row>): Row | undefined {
  const { sql, parameters } = query.compile()
  return tx.get<Row>(sql, ...(parameters as readonly SqlValue[]))
}

/** Runs a write; answers how many rows it changed. */
export function change(tx: Tx, query: Compilable): number {
  const { sql, parameters } = query.compile()
  return tx.run(sql, ...(parameters as readonly SqlValue[]))
}

/** The number that a counting query answers. */
export function countOf(tx: Tx, query: Compilable<{ readonly count: number }>): number {
  return first(tx, query)?.count ?? 0
}
