import { pickIndex } from '@octopus/kit/random.ts'
import { OWNERS } from '@octopus/protocol/work.ts'

import { Invariants } from './invariants.ts'
import { World } from './world.ts'

/** What one seed did. */
export interface Report {
  readonly seed: number
  readonly steps: number
  readonly checks: number
  readonly starts: number
  readonly faults: Readonly<Record<string, number>>
  /** Executions by their last state. */
  readonly states: Readonly<Record<string, number>>
}

const STEPS = 900
const CLIENTS = 2
/** After the last fault everything must come to rest in this time: deadlines, timeouts and holds are shorter. */
const REST_MS = 3_600_000

type Fault = 'server crash' | 'client crash' | 'cut' | 'silence to the server' | 'silence to the client' | 'silence'
const FAULTS: readonly Fault[] = [
  'server crash',
  'client crash',
  'cut',
  'silence to the server',
  'silence to the client',
  'silence',
]

/** Plays one seed: work comes in, things break and heal, and after every step every promise is looked at. */
export async function play(seed: number): Promise<Report> {
  const world = await World.create(seed, CLIENTS)
  const invariants = new Invariants(world)
  const faults: Record<string, number> = {}
  // Each seed has a crash of the server and one of a client at least; the rest is chance.
  const planned = new Map<number, Fault>([
    [pickIndex(world.random, STEPS), 'server crash'],
    [pickIndex(world.random, STEPS), 'client crash'],
  ])
  let steps = 0
  try {
    await submitSchedule(world)
    for (; steps < STEPS; steps++) {
      if (world.random.fraction() < 0.06) void submitSome(world)
      const fault = planned.get(steps) ?? (world.random.fraction() < 0.01 ? aFault(world) : undefined)
      if (fault) {
        faults[fault] = (faults[fault] ?? 0) + 1
        void strike(world, fault)
      }
      if (!(await world.step())) break
      invariants.check()
    }
    await comeToRest(world, invariants)
    return report(world, { seed, steps, faults, checks: invariants.checks })
  } finally {
    world.close()
    await world.clock.settle()
  }
}

async function submitSchedule(world: World): Promise<void> {
  const startAt = world.clock.wall() + 5_000
  const schedule = { type: 'scheduled', startAt, endAt: startAt + 60_000, intervalMs: 4_000 } as const
  await world.during(world.submit('all', 500, schedule))
}

async function submitSome(world: World): Promise<void> {
  const owner = OWNERS[pickIndex(world.random, OWNERS.length)] ?? 'all'
  const durations = [0, 20, 400, 5_000, 60_000]
  await world.submit(owner, durations[pickIndex(world.random, durations.length)] ?? 0)
}

function aFault(world: World): Fault | undefined {
  return FAULTS[pickIndex(world.random, FAULTS.length)]
}

/** Breaks something and mends it after a while. */
async function strike(world: World, fault: Fault): Promise<void> {
  const { clock, random } = world
  const lasts = [50, 2_000, 40_000, 200_000][pickIndex(random, 4)] ?? 0
  const pause = (): Promise<void> => clock.after(lasts, new AbortController().signal)
  const client = world.aClient()
  if (fault === 'server crash') {
    if (!world.server.engine) return
    world.crashServer()
    await pause()
    await world.server.start()
  } else if (fault === 'client crash') {
    if (!client.running) return
    world.crashClient(client)
    await pause()
    client.start()
  } else if (fault === 'cut') {
    world.cutWires(client)
  } else {
    world.stall(client, { toServer: fault !== 'silence to the client', toClient: fault !== 'silence to the server' })
    await pause()
    world.stall(client, { toServer: false, toClient: false })
  }
}

/** No more faults, no more work: everything that was asked for comes to its end. */
async function comeToRest(world: World, invariants: Invariants): Promise<void> {
  const end = world.clock.monotonic() + REST_MS
  while (world.clock.monotonic() < end) {
    if (!(await world.step())) break
    invariants.check()
    if (atRest(world)) break
  }
  invariants.checkAtRest()
}

function atRest(world: World): boolean {
  if (!world.server.engine || world.clients.some((client) => !client.running)) return false
  const { main } = world.server.databases
  const open = main.prepare(`select 1 from task where status <> 'completed' limit 1`).get()
  const missing = world.truth.attempts.filter((attempt) => attempt.finished).length
  const stored = main
    .prepare(
      'select (select count(*) from late_result) + (select count(*) from execution where result_fence is not null) as n',
    )
    .get() as { n: number }
  return open === undefined && world.truth.alive().length === 0 && stored.n >= missing
}

function report(world: World, facts: Omit<Report, 'starts' | 'states'>): Report {
  const rows = world.server.databases.main.prepare('select state, count(*) as n from execution group by 1').all()
  const states = Object.fromEntries((rows as { state: string; n: number }[]).map((row) => [row.state, row.n]))
  return { ...facts, starts: world.truth.attempts.length, states }
}
