import { DatabaseSync } from 'node:sqlite'

import { migrate } from '#store/sqlite/migrate.ts'

// Dies by SIGKILL in the middle of its second migration.

const path = process.argv[2] ?? ''
const database = new DatabaseSync(path)
database.function('die', () => {
  process.kill(process.pid, 'SIGKILL')
  return 0
})
const migrations = [
  { number: 1, name: '0001_start', sql: 'create table one (a integer) strict;' },
  { number: 2, name: '0002_more', sql: 'create table two (a integer) strict; insert into two values (die());' },
]
migrate(database, { migrations, now: 1, path })
