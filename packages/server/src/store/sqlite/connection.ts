import type { DatabaseSync } from 'node:sqlite'

import { must } from '@octopus/kit/assert.ts'
import type { IdMaker } from '@octopus/kit/ids.ts'
import { macText } from '@octopus/kit/mac.ts'

import { Tx } from './tx.ts'

/** A connection as verbs see it. Proofs are made with the secret that `startServer` stored. */
export function connect(
  database: DatabaseSync,
  needs: { readonly ids: IdMaker; readonly later: (verb: string, input: object) => void },
): Tx {
  // Read at each use, not kept: the transaction that stored it may have been rolled back.
  const prove = (text: string): string => {
    const row = tx.get<{ value: string }>("select value from meta where key = 'secret'")
    must(row, 'fences are handed out before the server was started in the store')
    return macText(row.value, text)
  }
  const tx: Tx = new Tx(database, { ids: needs.ids, prove, later: needs.later })
  return tx
}
