import { rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

import type { OctopusError } from '@octopus/protocol/errors.ts'

import { openWorkerStore } from '#store/sqlite/worker-store.ts'

// On a small disk: writes until the store refuses, makes room, and writes again. Prints what happened as JSON.

const folder = process.argv[2] ?? ''
const ballast = join(folder, 'ballast')
const actor = { kind: 'system', name: 'test' } as const

const seen = { fatal: '', refusedWith: '', readWhileFull: '', acknowledged: 0, afterwards: '' }
await using store = await openWorkerStore({ folder, onFatal: (message) => (seen.fatal = message) })
writeFileSync(ballast, Buffer.alloc(1_000_000))

const write = (): Promise<void> =>
  store.recordAudit({ now: 1, actor, action: 'fill', subject: 'x', details: JSON.stringify('x'.repeat(20_000)) })

while (seen.refusedWith === '') {
  try {
    await write()
    seen.acknowledged += 1
  } catch (error) {
    seen.refusedWith = (error as OctopusError).code
  }
}
seen.readWhileFull = String(await store.readSetupDone({}))
rmSync(ballast)
await write()
seen.acknowledged += 1
seen.afterwards = 'written'
writeSync(1, JSON.stringify(seen))
