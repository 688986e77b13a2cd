import { type BenchContext, type Measure, percentile, sleep, wallMs } from './measure.ts'
import { Stack } from './stack.ts'

/** Executions per repetition; all repetitions together are at least 200. */
const PER_REPETITION = 50
const WARM_UP = 20
/** The system is idle in between. */
const PAUSE_MS = 15

/**
 * An idle system with one real client and a warm runner: from `POST /tasks` to the plugin's first line, which tells its
 * own time, and to the moment at which the API shows the task as completed.
 */
export async function latency({ floor, repetitions, nodeFlags }: BenchContext): Promise<readonly Measure[]> {
  await using stack = await Stack.start(nodeFlags)
  await stack.startClients(1, 2)
  const starts: number[][] = []
  const results: number[][] = []
  for (let i = 0; i < WARM_UP; i++) await once(stack)
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const all: { start: number; result: number }[] = []
    for (let i = 0; i < PER_REPETITION; i++) {
      all.push(await once(stack))
      await sleep(PAUSE_MS)
    }
    starts.push(all.map(({ start }) => start))
    results.push(all.map(({ result }) => result))
  }
  const commit = 1_000 / floor.rows[1]
  const toStart = {
    what: '3 commits, 1 fsync, 2 socket trips',
    value: 3 * commit + floor.fsyncMs + 2 * floor.socketTripMs,
  }
  const toResult = { what: 'and 1 more of each', value: toStart.value + commit + floor.fsyncMs + floor.socketTripMs }
  const at = (lists: readonly number[][], share: number): number[] => lists.map((list) => percentile(list, share))
  const shared = { unit: 'ms', better: 'less' } as const
  return [
    { ...shared, name: 'POST to first line, p50', values: at(starts, 0.5), floor: toStart, aim: 10 },
    { ...shared, name: 'POST to first line, p99', values: at(starts, 0.99) },
    { ...shared, name: 'POST to result stored and visible, p50', values: at(results, 0.5), floor: toResult },
    { ...shared, name: 'POST to result stored and visible, p99', values: at(results, 0.99) },
  ]
}

async function once(stack: Stack): Promise<{ start: number; result: number }> {
  const begun = wallMs()
  const { status, text } = await stack.api.post('/api/v1/tasks', { plugin: 'clock', owner: 'anyone', type: 'ad-hoc' })
  if (status !== 201) throw new Error(`POST /tasks: ${status} ${text}`)
  const { id } = JSON.parse(text) as { id: string }
  for (;;) {
    const task = await stack.api.read<{ status: string; outcome: string }>(`/api/v1/tasks/${id}`)
    if (task.status !== 'completed') {
      await sleep(1)
      continue
    }
    const result = wallMs() - begun
    if (task.outcome !== 'succeeded') throw new Error(`the task ended as ${task.outcome}`)
    return { start: (await firstLineAt(stack, id)) - begun, result }
  }
}

async function firstLineAt(stack: Stack, task: string): Promise<number> {
  const { items } = await stack.api.read<{ items: { id: string }[] }>(`/api/v1/executions?task=${task}`)
  const execution = await stack.api.read<{ result: { value: number } }>(`/api/v1/executions/${items[0]?.id}`)
  return execution.result.value
}
