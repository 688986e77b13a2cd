import type { DatabaseSync, StatementSync, SQLInputValue } from 'node:sqlite'

import type { IdMaker } from '@octopus/kit/ids.ts'

import type { StoreVerbs } from '#store/store.ts'

/** What SQLite takes and gives: JSON is text, booleans are 0 and 1. */
export type SqlValue = SQLInputValue

/** The connection as verbs see it: statements by text, prepared once and kept. */
export class Tx {
  readonly #database: DatabaseSync
  readonly #prepared = new Map<string, StatementSync>()
  readonly ids: IdMaker
  /** HMAC-SHA256 by the server's key, base64url; a fence's proof. */
  readonly prove: (text: string) => string

  /** A small write that follows from a read ("was used just now"): it runs later, on its own, and nobody waits for it. */
  readonly later: (verb: string, input: object) => void

  constructor(
    database: DatabaseSync,
    needs: {
      readonly ids: IdMaker
      readonly prove: (text: string) => string
      readonly later?: (verb: string, input: object) => void
    },
  ) {
    this.#database = database
    this.ids = needs.ids
    this.prove = needs.prove
    this.later = needs.later ?? (() => {})
  }

  /** The rows of a query. Its text must be constant: values come as parameters only. */
  all<Row>(sql: string, ...values: readonly SqlValue[]): readonly Row[] {
    return this.#statement(sql).all(...values) as Row[]
  }

  get<Row>(sql: string, ...values: readonly SqlValue[]): Row | undefined {
    return this.#statement(sql).get(...values) as Row | undefined
  }

  /** Runs a write; answers how many rows it changed. */
  run(sql: string, ...values: readonly SqlValue[]): number {
    return Number(this.#statement(sql).run(...values).changes)
  }

  #statement(sql: string): StatementSync {
    let statement = this.#prepared.get(sql)
    if (!statement) {
      statement = this.#database.prepare(sql)
      this.#prepared.set(sql, statement)
    }
    return statement
  }
}

/** A verb of the port as the synchronous core runs it, inside a transaction that the host commits. */
export type Verb<K extends keyof StoreVerbs> = (
  tx: Tx,
  input: Parameters<StoreVerbs[K]>[0],
) => Awaited<ReturnType<StoreVerbs[K]>>

/** Verbs of one aggregate: its port, made synchronous. */
export type VerbsOf<Port> = {
  readonly [K in keyof Port & keyof StoreVerbs]: Verb<K>
}
