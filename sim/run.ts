// npm run sim                                40 seeds, on all cores
// npm run sim -- --seeds 500 --first 1       500 seeds from 1 on; at the end, how often each fault and transition was seen
// npm run sim -- --seed 17                   one seed, and what it did
// npm run sim -- --restarts --seeds 20       schedules over fifty restarts, instead of everything at once
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cpuUsage } from 'node:process'
import { parseArgs } from 'node:util'

import { createSystemClock } from '@octopus/kit/clock.ts'

import { playMany } from './many-seeds.ts'
import { playRestarts, type RestartReport } from './restarts.ts'
import { play } from './scenario.ts'
import { type Count, Tally } from './tally.ts'

const SEEDS_DEFAULT = 40
/** After so many seeds a word is said of how far it is. */
const TOLD_EVERY = 250
/** Fewer show by chance alone that something is missing. */
const JUDGED_FROM = 500

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    first: { type: 'string', default: '1' },
    restarts: { type: 'boolean', default: false },
  },
})
const first = wholeNumber('--first', values.seed ?? values.first)
const count = values.seed === undefined ? wholeNumber('--seeds', values.seeds ?? String(SEEDS_DEFAULT)) : 1
let failed = 0
const tally = new Tally()
const clock = createSystemClock()
const startedAt = clock.monotonic()
if (values.restarts) await oneByOne(playInFolder)
else if (count === 1) await oneByOne(play)
else {
  let played = 0
  await playMany({ first, count }, ({ seed, report, problem }) => {
    if (report) tally.add(report)
    else fail(seed, problem)
    played += 1
    if (played % TOLD_EVERY === 0) process.stderr.write(`${played} of ${count} seeds, ${failed} failed\n`)
  })
  tell()
}
process.stdout.write(`${count - failed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1

async function oneByOne(playOne: (seed: number) => Promise<object>): Promise<void> {
  for (let seed = first; seed < first + count; seed++) {
    try {
      process.stdout.write(`${JSON.stringify(await playOne(seed))}\n`)
    } catch (error) {
      fail(seed, error instanceof Error ? (error.stack ?? error.message) : String(error))
    }
  }
}

function fail(seed: number, problem: string): void {
  failed += 1
  process.stderr.write(`seed ${seed}: ${problem}\n`)
}

function tell(): void {
  const { faults, transitions } = tally.counts()
  const steps = tally.sum((report) => report.checks)
  const seconds = Math.round((clock.monotonic() - startedAt) / 1_000)
  const { user, system } = cpuUsage()
  const each = Math.round((user + system) / 1_000 / count)
  process.stdout.write(
    `${count} seeds, ${steps} steps looked at, ${seconds} s, ${each} ms of processor time for each seed\n`,
  )
  process.stdout.write(`${tally.sum((report) => report.dueTimes)} due times held against their schedules\n`)
  process.stdout.write(`faults:\n${lines(faults)}transitions:\n${lines(transitions)}`)
  if (count < JUDGED_FROM) return
  for (const shortfall of tally.shortfalls()) {
    failed += 1
    process.stderr.write(`${shortfall}\n`)
  }
}

function lines(counts: readonly Count[]): string {
  return counts.map(({ name, count: times }) => `${String(times).padStart(8)}  ${name}\n`).join('')
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number >= 0) return number
  throw new Error(`${name} ${text}: give a whole number`)
}

async function playInFolder(seed: number): Promise<RestartReport> {
  const folder = mkdtempSync(join(tmpdir(), 'octopus-restarts-'))
  try {
    return await playRestarts(seed, { folder: join(folder, 'data'), restarts: 50 })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
