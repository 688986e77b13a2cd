import { Fleet } from './fleet.ts'
import { type BenchContext, type Measure, sleep } from './measure.ts'
import { cpuSeconds, residentKib } from './process-figures.ts'
import { Stack } from './stack.ts'

const SIZES = [1_000, 5_000] as const
/** Enrolment's garbage has gone by then, mostly. */
const SETTLE_MS = 10_000
const WINDOWS = 5
const WINDOW_MS = 6_000

/** What a connected client that does nothing costs the server: memory, and processor time over 30 s. No TLS. */
export async function memory({ nodeFlags, say }: BenchContext): Promise<readonly Measure[]> {
  await using stack = await Stack.start(nodeFlags)
  using fleet = new Fleet()
  await sleep(SETTLE_MS)
  const empty = residentKib(stack.pid)
  const measures: Measure[] = [{ name: 'server without clients', unit: 'MiB', better: 'less', values: [empty / 1_024] }]
  let joined = 0
  for (const size of SIZES) {
    await fleet.join(stack, size - joined, 2)
    joined = size
    await sleep(SETTLE_MS)
    const kib: number[] = []
    const cpu: number[] = []
    for (let window = 0; window < WINDOWS; window++) {
      const before = cpuSeconds(stack.pid)
      await sleep(WINDOW_MS)
      cpu.push(((cpuSeconds(stack.pid) - before) / (WINDOW_MS / 1_000)) * 100)
      kib.push((residentKib(stack.pid) - empty) / size)
    }
    const of = `at ${size.toLocaleString('en')}`
    say(`  ${of}: ${((empty + (kib.at(-1) ?? 0) * size) / 1_024).toFixed(0)} MiB`)
    measures.push(
      { name: `memory per idle client, ${of}`, unit: 'KiB', better: 'less', values: kib, aim: 16 },
      { name: `of a core for all idle clients, ${of}`, unit: '%', better: 'less', values: cpu },
    )
  }
  return measures
}
