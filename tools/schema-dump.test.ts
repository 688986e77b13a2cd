import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { it } from 'node:test'

import { dumpSchema } from '@octopus/server/store/sqlite/dump-schema.ts'

it('schema.sql is what the migrations make', () => {
  const written = readFileSync(new URL('../packages/server/src/store/sqlite/schema.sql', import.meta.url), 'utf8')
  const made = dumpSchema()
  assert.ok(made.match(/create table/gi)?.length ?? 0, 'the dump has no table: look at store/sqlite/dump-schema.ts')
  assert.equal(
    written,
    made,
    'The migrations make another schema. Run: node tools/schema-dump.ts, and commit schema.sql.',
  )
})
