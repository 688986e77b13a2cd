import { Broken } from './broken.ts'
import type { World } from './world.ts'

type DatabaseSync = World['server']['databases']['main']
type Statement = ReturnType<DatabaseSync['prepare']>

/** Statements are prepared once for each simulated disk: the checks run after every step. */
const prepared = new WeakMap<DatabaseSync, Map<string, Statement>>()

export function statement(database: DatabaseSync, sql: string): Statement {
  const known = prepared.get(database) ?? new Map<string, Statement>()
  prepared.set(database, known)
  const found = known.get(sql) ?? database.prepare(sql)
  known.set(sql, found)
  return found
}

/** The query finds what must not be. */
export function none(database: DatabaseSync, name: string, sql: string): void {
  const row = statement(database, sql).get()
  if (row !== undefined) throw new Broken(`${name}: ${JSON.stringify(row)}`)
}
