import { Fleet } from './fleet.ts'
import { HttpLoad } from './http-load.ts'
import { type BenchContext, type Measure, wallMs } from './measure.ts'
import { cpuSeconds, cpuSecondsBelow } from './process-figures.ts'
import { Stack } from './stack.ts'

const CONNECTIONS = 64
const CLIENTS = 4
const REAL = { executions: 2_000, slots: 8 } as const
const SIMULATED = { executions: 4_000, slots: 64 } as const

/** No-op executions of one `POST` each, many in flight, carried out by real client processes and real runners. */
export async function throughput({ floor, repetitions, nodeFlags }: BenchContext): Promise<readonly Measure[]> {
  await using stack = await Stack.start(nodeFlags)
  await stack.startClients(CLIENTS, REAL.slots)
  using load = new HttpLoad(stack.url, stack.token, CONNECTIONS)
  const clientsCpu = (): number => stack.clientPids.reduce((sum, pid) => sum + cpuSeconds(pid), 0)
  const runnersCpu = (): number => stack.clientPids.reduce((sum, pid) => sum + cpuSecondsBelow(pid), 0)
  let ended = 0
  const seen = { rates: [] as number[], server: [] as number[], client: [] as number[], runner: [] as number[] }
  for (let repetition = 0; repetition <= repetitions; repetition++) {
    const [server, clients, runners] = [cpuSeconds(stack.pid), clientsCpu(), runnersCpu()]
    const begun = wallMs()
    await submit(load, REAL.executions)
    await stack.ended((ended += REAL.executions))
    const took = wallMs() - begun
    // The first one warms up runners and compilers.
    if (repetition === 0) continue
    seen.rates.push((REAL.executions / took) * 1_000)
    seen.server.push(((cpuSeconds(stack.pid) - server) * 1_000) / REAL.executions)
    seen.client.push(((clientsCpu() - clients) * 1_000) / REAL.executions)
    seen.runner.push(((runnersCpu() - runners) * 1_000) / REAL.executions)
  }
  const rows = { what: 'SQLite rows by 100', value: floor.rows[100] }
  return [
    { name: 'executions, 4 real clients', unit: '/s', better: 'more', values: seen.rates, floor: rows, aim: 1_500 },
    { name: '… server CPU per execution', unit: 'ms', better: 'less', values: seen.server },
    { name: '… clients CPU per execution', unit: 'ms', better: 'less', values: seen.client },
    { name: '… runners CPU per execution', unit: 'ms', better: 'less', values: seen.runner },
  ]
}

/** The same with simulated clients that answer at once: what the server alone can do. */
export async function serverThroughput({ floor, repetitions, nodeFlags }: BenchContext): Promise<readonly Measure[]> {
  await using stack = await Stack.start(nodeFlags)
  using fleet = new Fleet()
  await fleet.join(stack, CLIENTS, SIMULATED.slots)
  using load = new HttpLoad(stack.url, stack.token, CONNECTIONS)
  let ended = 0
  const seen = { rates: [] as number[], server: [] as number[] }
  for (let repetition = 0; repetition <= repetitions; repetition++) {
    const server = cpuSeconds(stack.pid)
    const begun = wallMs()
    const done = fleet.until('acknowledged', (ended += SIMULATED.executions))
    await submit(load, SIMULATED.executions)
    const took = (await done) - begun
    if (repetition === 0) continue
    seen.rates.push((SIMULATED.executions / took) * 1_000)
    seen.server.push(((cpuSeconds(stack.pid) - server) * 1_000) / SIMULATED.executions)
  }
  const rows = { what: 'SQLite rows by 100', value: floor.rows[100] }
  return [
    { name: 'executions, simulated clients', unit: '/s', better: 'more', values: seen.rates, floor: rows },
    { name: '… server CPU per execution (simulated)', unit: 'ms', better: 'less', values: seen.server },
  ]
}

async function submit(load: HttpLoad, count: number): Promise<void> {
  const task = { plugin: 'noop', owner: 'anyone', type: 'ad-hoc' }
  const one = async (): Promise<void> => {
    const { status, text } = await load.post('/api/v1/tasks', task)
    if (status !== 201) throw new Error(`POST /tasks: ${status} ${text}`)
  }
  await Promise.all(Array.from({ length: count }, one))
}
