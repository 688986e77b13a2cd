import { Fleet } from './fleet.ts'
import { type BenchContext, type Measure, percentile, sleep } from './measure.ts'
import { Stack } from './stack.ts'

const SCHEDULES = 200
const EVERY_SECONDS = 10
const CLIENTS = 20
const WINDOWS = 5
const WINDOW_MS = 12_000
const BEGIN_MS = 3_000

interface Late {
  readonly dueAt: number
  readonly lateMs: number
}

/**
 * A task every 2 s and 200 schedules of 10 s, their due times spread over the interval, for 60 s: how long after its due
 * time an execution is handed over. One run, looked at in five windows of 12 s.
 */
export async function lateness({ nodeFlags }: BenchContext): Promise<readonly Measure[]> {
  await using stack = await Stack.start(nodeFlags)
  using fleet = new Fleet()
  await fleet.join(stack, CLIENTS, 8)
  const begin = Date.now() + BEGIN_MS
  const end = new Date(begin + WINDOWS * WINDOW_MS).toISOString()
  const schedule = { plugin: 'noop', owner: 'anyone', type: 'scheduled', endAt: end }
  const make = async (startAt: number, intervalSeconds: number): Promise<void> => {
    const task = { ...schedule, startAt: new Date(startAt).toISOString(), intervalSeconds }
    const { status, text } = await stack.api.post('/api/v1/tasks', task)
    if (status !== 201) throw new Error(`POST /tasks: ${status} ${text}`)
  }
  await make(begin, 2)
  for (let i = 0; i < SCHEDULES; i++)
    await make(begin + Math.floor((i * EVERY_SECONDS * 1_000) / SCHEDULES), EVERY_SECONDS)
  await sleep(BEGIN_MS + WINDOWS * WINDOW_MS)
  const all = await readLate(stack)
  const expected = (WINDOWS * WINDOW_MS * (SCHEDULES / EVERY_SECONDS + 0.5)) / 1_000
  if (all.length < expected) throw new Error(`only ${all.length} of ${expected} occurrences were handed over`)
  const windows = Array.from({ length: WINDOWS }, (_, w) =>
    all.filter(({ dueAt }) => Math.floor((dueAt - begin) / WINDOW_MS) === w).map(({ lateMs }) => lateMs),
  )
  const shared = { unit: 'ms', better: 'less' } as const
  return [
    { ...shared, name: 'hand-over after due, p50', values: windows.map((window) => percentile(window, 0.5)) },
    { ...shared, name: 'hand-over after due, p99', values: windows.map((window) => percentile(window, 0.99)), aim: 50 },
  ]
}

async function readLate(stack: Stack): Promise<readonly Late[]> {
  const late: Late[] = []
  let cursor = ''
  do {
    const page = await stack.api.read<{
      items: { dueAt: string; assignedAt: string | null }[]
      nextCursor: string | null
    }>(`/api/v1/executions?limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`)
    for (const { dueAt, assignedAt } of page.items) {
      if (assignedAt === null) continue
      late.push({ dueAt: Date.parse(dueAt), lateMs: Date.parse(assignedAt) - Date.parse(dueAt) })
    }
    cursor = page.nextCursor ?? ''
  } while (cursor !== '')
  return late
}
