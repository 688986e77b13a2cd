import { DatabaseSync } from 'node:sqlite'

import type { EpochMs } from '@octopus/kit/clock.ts'
import { type LocalDatabases, openMemoryDatabases } from '@octopus/server/store/sqlite/local-store.ts'

/** What a connection is set to when the server has opened it; the rest stands in the database itself. */
const PRAGMAS = ['foreign_keys', 'journal_mode', 'synchronous', 'trusted_schema', 'busy_timeout'] as const

interface Fresh {
  readonly content: Uint8Array
  readonly pragmas: string
}

let fresh: { readonly main: Fresh; readonly output: Fresh } | undefined

/**
 * Databases as a new server makes them. The schema is made once in a process, and copied from then on: the steps that lead
 * to it take longer than a tenth of a whole seed.
 */
export function openMemoryDisk(now: EpochMs): LocalDatabases {
  fresh ??= makeFresh(now)
  const main = open(fresh.main)
  const output = open(fresh.output)
  return {
    main,
    output,
    close: () => {
      main.close()
      output.close()
    },
  }
}

function makeFresh(now: EpochMs): NonNullable<typeof fresh> {
  const databases = openMemoryDatabases(now)
  try {
    return { main: look(databases.main), output: look(databases.output) }
  } finally {
    databases.close()
  }
}

function look(database: DatabaseSync): Fresh {
  const pragmas = PRAGMAS.map((name) => {
    const [value] = Object.values(database.prepare(`pragma ${name}`).get() ?? {})
    if (value === undefined || value === null) throw new Error(`there is no pragma ${name}`)
    return `pragma ${name} = ${String(value)};`
  })
  return { content: database.serialize(), pragmas: pragmas.join('\n') }
}

function open({ content, pragmas }: Fresh): DatabaseSync {
  const database = new DatabaseSync(':memory:', { enableDoubleQuotedStringLiterals: false })
  database.deserialize(content)
  database.exec(pragmas)
  return database
}
