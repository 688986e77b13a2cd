import { Fleet } from './fleet.ts'
import { type BenchContext, type Measure, sleep, wallMs } from './measure.ts'
import { Stack } from './stack.ts'

/** What was queued by the last repetition is over, and logs are written. */
const PAUSE_MS = 500

/** One task for all of so many simulated clients: from its `POST` until the last result is durable and acknowledged. */
export function fanOut(clients: number, aimMs?: number) {
  return async ({ floor, repetitions, nodeFlags }: BenchContext): Promise<readonly Measure[]> => {
    await using stack = await Stack.start(nodeFlags)
    using fleet = new Fleet()
    await fleet.join(stack, clients, 4)
    await stack.online(clients)
    const values: number[] = []
    for (let repetition = 0; repetition <= repetitions; repetition++) {
      await sleep(PAUSE_MS)
      const done = fleet.until('acknowledged', (repetition + 1) * clients)
      const begun = wallMs()
      const { status, text } = await stack.api.post('/api/v1/tasks', { plugin: 'noop', owner: 'all', type: 'ad-hoc' })
      if (status !== 201) throw new Error(`POST /tasks: ${status} ${text}`)
      const took = (await done) - begun
      if (repetition > 0) values.push(took)
    }
    const rows = (2 * clients * 1_000) / floor.rows[1000]
    const value = (floor.fanOut1000Ms * clients) / 1_000 + rows
    const name = `one task for all of ${clients.toLocaleString('en')}, last result durable`
    const shared = { name, unit: 'ms', better: 'less', values } as const
    return [
      {
        ...shared,
        floor: { what: 'socket fan-out, 2 rows each', value },
        ...(aimMs === undefined ? {} : { aim: aimMs }),
      },
    ]
  }
}
