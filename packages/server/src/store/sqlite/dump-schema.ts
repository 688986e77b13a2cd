import type { DatabaseSync } from 'node:sqlite'

import { MEMORY, openMain, openOutput } from './open.ts'

/** The schema that all migrations together make, for reviews: people see what there is, not how it came to be. */
export function dumpSchema(): string {
  return [
    '-- Written by tools/schema-dump.ts from the migrations; a test compares. Change a migration, then write it again.',
    '-- octopus.db',
    ...statementsOf(openMain(MEMORY, 0)),
    '-- output.db',
    ...statementsOf(openOutput(MEMORY, 0)),
    '',
  ].join('\n\n')
}

/** Each table with its indexes and triggers, in the order of the alphabet. */
function statementsOf(database: DatabaseSync): readonly string[] {
  const rows = database
    .prepare(
      `select sql from sqlite_schema where sql is not null
        order by tbl_name, case type when 'table' then 0 when 'index' then 1 else 2 end, name`,
    )
    .all()
  database.close()
  return rows.map((row) => `${String(row['sql'])};`)
}
