import { writeSync } from 'node:fs'
import process from 'node:process'

import { openWorkerStore } from '#store/sqlite/worker-store.ts'

// Writes for ever, from many callers, and prints each write when it has been acknowledged. A test kills it.

const CALLERS = 20

const folder = process.argv[2] ?? ''
const store = await openWorkerStore({ folder, onFatal: (message) => writeSync(2, `${message}\n`) })
const actor = { kind: 'system', name: 'test' } as const

async function writeForEver(caller: number): Promise<void> {
  for (let n = 0; ; n++) {
    const subject = `${caller}-${n}`
    await store.recordAudit({ now: 1, actor, action: 'test', subject, details: '{}' })
    // Waits where the pipe is full: its reader may be slower than the store.
    process.stdout.write(`${subject}\n`)
  }
}

await Promise.all(Array.from({ length: CALLERS }, (_, caller) => writeForEver(caller)))
