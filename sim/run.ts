import { parseArgs } from 'node:util'

import { play } from './scenario.ts'

const { values } = parseArgs({
  options: { seed: { type: 'string' }, seeds: { type: 'string' }, first: { type: 'string', default: '1' } },
})
const first = Number(values.seed ?? values.first)
const count = values.seed === undefined ? Number(values.seeds ?? 40) : 1
let failed = 0
for (let seed = first; seed < first + count; seed++) {
  try {
    process.stdout.write(`${JSON.stringify(await play(seed))}\n`)
  } catch (error) {
    failed += 1
    process.stderr.write(`seed ${seed}: ${error instanceof Error ? error.stack : String(error)}\n`)
  }
}
process.stdout.write(`${count - failed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1
