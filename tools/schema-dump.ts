import { writeFileSync } from 'node:fs'

import { dumpSchema } from '@octopus/server/store/sqlite/dump-schema.ts'

// node tools/schema-dump.ts: writes the schema that the migrations make, next to them.

writeFileSync(new URL('../packages/server/src/store/sqlite/schema.sql', import.meta.url), dumpSchema())
