import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { join } from 'node:path'

import { type Measure, median } from './measure.ts'

const RESULTS = join(import.meta.dirname, 'results')
const BASELINES = join(import.meta.dirname, 'baselines')
/** Anything less is noise. */
const MOVED = 0.1

interface Stored {
  readonly name: string
  readonly unit: string
  readonly median: number
  readonly min: number
  readonly max: number
  /** Of the floor; this is what is compared, where there is one. */
  readonly ratio: number | null
}

/** Machines differ: each kind has its own baseline. */
function baselinePath(): string {
  return join(BASELINES, `${process.platform}-${cpus().length}-cores.json`)
}

/** The table of one part, with what moved against the baseline. */
export function print(title: string, measures: readonly Measure[]): void {
  const before = readBaseline()
  console.log(`\n${title}  (load ${loadavg()[0]?.toFixed(1) ?? '?'})`)
  for (const measure of measures) {
    const { name, unit, aim, floor, better } = measure
    const stored = store(measure)
    const range = measure.values.length > 1 ? ` (${show(stored.min)}–${show(stored.max)})` : ''
    const parts = [`${show(stored.median)} ${unit}${range}`]
    if (floor) parts.push(`${Number(stored.ratio?.toPrecision(3))} × floor of ${show(floor.value)} (${floor.what})`)
    if (aim !== undefined) {
      const reached = better === 'less' ? stored.median <= aim : stored.median >= aim
      parts.push(`aim ${better === 'less' ? '≤' : '≥'} ${show(aim)}: ${reached ? 'reached' : 'NOT reached'}`)
    }
    const change = changeOf(measure, stored, before.get(name))
    if (change !== undefined) parts.push(change)
    console.log(`  ${name.padEnd(58)} ${parts.join('  ·  ')}`)
  }
}

function changeOf(measure: Measure, now: Stored, before: Stored | undefined): string | undefined {
  if (!before) return undefined
  const [a, b] = now.ratio !== null && before.ratio !== null ? [before.ratio, now.ratio] : [before.median, now.median]
  const by = (b - a) / a
  if (!Number.isFinite(by) || Math.abs(by) <= MOVED) return undefined
  const worse = measure.better === 'less' ? by > 0 : by < 0
  return `${worse ? 'WORSE' : 'better'}: ${by > 0 ? '+' : ''}${(by * 100).toFixed(0)} % since the baseline`
}

function store({ name, unit, values, floor }: Measure): Stored {
  const middle = median(values)
  const ratio = floor ? middle / floor.value : null
  return { name, unit, median: middle, min: Math.min(...values), max: Math.max(...values), ratio }
}

function readBaseline(): ReadonlyMap<string, Stored> {
  if (!existsSync(baselinePath())) return new Map()
  const { measures } = JSON.parse(readFileSync(baselinePath(), 'utf8')) as { measures: Stored[] }
  return new Map(measures.map((measure) => [measure.name, measure]))
}

/** Writes the run into results/, and, if wished, what it measured into the baseline. */
export function write(measures: readonly Measure[], asBaseline: boolean): void {
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, gib: Math.round(totalmem() / 2 ** 30) }
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  const at = new Date().toISOString()
  const head = { at, commit, node: process.version, machine, load: loadavg()[0] }
  mkdirSync(RESULTS, { recursive: true })
  const path = join(RESULTS, `${at.slice(0, 19).replaceAll(':', '')}-${commit}.json`)
  writeFileSync(path, `${JSON.stringify({ ...head, measures }, undefined, 2)}\n`)
  console.log(`\nwritten: ${path}`)
  if (!asBaseline) return
  const kept = new Map(readBaseline())
  for (const measure of measures) kept.set(measure.name, rounded(store(measure)))
  mkdirSync(BASELINES, { recursive: true })
  writeFileSync(baselinePath(), `${JSON.stringify({ ...head, measures: [...kept.values()] }, undefined, 2)}\n`)
  console.log(`baseline: ${baselinePath()}`)
}

function rounded(stored: Stored): Stored {
  const round = (value: number): number => Number(value.toPrecision(4))
  const ratio = stored.ratio === null ? null : round(stored.ratio)
  return { ...stored, median: round(stored.median), min: round(stored.min), max: round(stored.max), ratio }
}

function show(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en')
  return value >= 10 ? value.toFixed(1) : value.toFixed(2)
}
