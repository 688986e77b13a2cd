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
    console.log(JSON.stringify(await play(seed)))
  } catch (error) {
    failed += 1
    console.error(`seed ${seed}:`, error)
  }
}
console.log(`${count - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
