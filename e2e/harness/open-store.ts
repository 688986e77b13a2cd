import { openMain } from '@octopus/server/store/sqlite/open.ts'

// Opens a database as a server does, which brings it to the newest schema, and closes it.

openMain(process.argv[2] ?? '', 1).close()
