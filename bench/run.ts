// npm run bench                            every part, about eight minutes
// npm run bench -- latency fan-out         only these
// npm run bench -- throughput --profile    writes profiles of server and clients into bench/results/profiles
// npm run bench -- --baseline              keeps what was measured as the new baseline
// npm run bench -- latency --repetitions 9
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'

import { fanOut } from './fan-out.ts'
import { measureFloor } from './floor.ts'
import { latency } from './latency.ts'
import { lateness } from './lateness.ts'
import type { BenchContext, Measure } from './measure.ts'
import { memory } from './memory.ts'
import { pluginSpread } from './plugin-spread.ts'
import { print, write } from './report.ts'
import { serverThroughput, throughput } from './throughput.ts'

const PARTS: Readonly<Record<string, (context: BenchContext) => Promise<readonly Measure[]>>> = {
  latency,
  throughput,
  server: serverThroughput,
  'fan-out': fanOut(1_000, 500),
  'fan-out-5000': fanOut(5_000),
  spread: pluginSpread,
  lateness,
  memory,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    baseline: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    repetitions: { type: 'string', default: '5' },
  },
})
const names = positionals.length > 0 ? positionals : Object.keys(PARTS)
const unknown = names.filter((name) => name !== 'floor' && PARTS[name] === undefined)
if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(', ')}. There are: floor, ${Object.keys(PARTS).join(', ')}.`)
  process.exit(2)
}
const repetitions = Number(values.repetitions)
const profiles = join(import.meta.dirname, 'results', 'profiles')
const nodeFlags = values.profile ? ['--cpu-prof', `--cpu-prof-dir=${profiles}`] : []

const { floor, measures } = await measureFloor(repetitions)
print('floor', measures)
const all: Measure[] = [...measures]
for (const name of names) {
  const part = PARTS[name]
  if (!part) continue
  try {
    const found = await part({ floor, repetitions, nodeFlags, say: (text) => console.log(text) })
    print(name, found)
    all.push(...found)
  } catch (error) {
    // The other parts' figures are worth having all the same.
    console.error(`\n${name} failed:`, error)
    process.exitCode = 1
  }
}
write(all, values.baseline)
