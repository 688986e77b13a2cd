import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { playRestarts, type RestartReport } from './restarts.ts'
import { play } from './scenario.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    first: { type: 'string', default: '1' },
    /** Schedules over fifty restarts, instead of everything at once. */
    restarts: { type: 'boolean', default: false },
  },
})
const first = Number(values.seed ?? values.first)
const count = values.seed === undefined ? Number(values.seeds ?? 40) : 1
let failed = 0
for (let seed = first; seed < first + count; seed++) {
  try {
    process.stdout.write(`${JSON.stringify(values.restarts ? await playInFolder(seed) : await play(seed))}\n`)
  } catch (error) {
    failed += 1
    process.stderr.write(`seed ${seed}: ${error instanceof Error ? error.stack : String(error)}\n`)
  }
}
process.stdout.write(`${count - failed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1

async function playInFolder(seed: number): Promise<RestartReport> {
  const folder = mkdtempSync(join(tmpdir(), 'octopus-restarts-'))
  try {
    return await playRestarts(seed, { folder: join(folder, 'data'), restarts: 50 })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
