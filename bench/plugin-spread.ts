import { Fleet } from './fleet.ts'
import { type BenchContext, type Measure, sleep, wallMs } from './measure.ts'
import { Stack } from './stack.ts'

const CLIENTS = 1_000
/** Coverage is read anew at most twice a second: asking more often shows nothing newer. */
const POLL_MS = 20
const PAUSE_MS = 1_000

/** A new version of a plugin: from its `PUT` until the server knows that all of 1,000 simulated clients have it. */
export async function pluginSpread({ floor, repetitions, nodeFlags }: BenchContext): Promise<readonly Measure[]> {
  await using stack = await Stack.start(nodeFlags)
  using fleet = new Fleet()
  await fleet.join(stack, CLIENTS, 2)
  await stack.online(CLIENTS)
  const told: number[] = []
  const known: number[] = []
  for (let repetition = 0; repetition <= repetitions; repetition++) {
    await sleep(PAUSE_MS)
    const before = (await fleet.counters()).synced
    const done = fleet.until('synced', before + CLIENTS)
    const begun = wallMs()
    await stack.publish('spread', `# ${'x'.repeat(4_000)}\ndef run():\n    return ${repetition}\n`)
    const toldMs = (await done) - begun
    while (!(await isEverywhere(stack))) await sleep(POLL_MS)
    if (repetition === 0) continue
    told.push(toldMs)
    known.push(wallMs() - begun)
  }
  const socket = { what: 'socket fan-out', value: floor.fanOut1000Ms }
  const shared = { unit: 'ms', better: 'less' } as const
  return [
    { ...shared, name: 'new plugin version on 1,000 clients', values: told, floor: socket, aim: 2_000 },
    { ...shared, name: '… and shown as such', values: known },
  ]
}

async function isEverywhere(stack: Stack): Promise<boolean> {
  const { items } = await stack.api.read<{ items: { name: string; coverage: { have: number; of: number } }[] }>(
    '/api/v1/plugins',
  )
  const plugin = items.find(({ name }) => name === 'spread')
  return plugin !== undefined && plugin.coverage.have === CLIENTS
}
