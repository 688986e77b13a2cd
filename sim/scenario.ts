import { pickIndex } from '@octopus/kit/random.ts'

import { Invariants } from './invariants.ts'
import { submitSchedules } from './some-schedules.ts'
import { someTask } from './some-task.ts'
import { World } from './world.ts'

/** What one seed did. */
export interface Report {
  readonly seed: number
  readonly steps: number
  readonly checks: number
  readonly starts: number
  readonly faults: Readonly<Record<string, number>>
  /** Attempts that another one followed, by how they ended. */
  readonly triedAgain: Readonly<Record<string, number>>
  /** How often the brake went on. */
  readonly brakes: number
  /** Executions by their last state. */
  readonly states: Readonly<Record<string, number>>
}

const STEPS = 900
const CLIENTS = 2
/** So many that the brake goes on when all of them vanish; each seventh seed. */
const CLIENTS_MANY = 6
const MANY_EVERY = 7
/** After the last fault everything must come to rest in this time: deadlines, timeouts and holds are shorter. */
const REST_MS = 3_600_000

const FAULTS = [
  'server crash',
  'client crash',
  'cut',
  'silence to the server',
  'silence to the client',
  'silence',
  'silence of all',
  'server stands still',
] as const
type Fault = (typeof FAULTS)[number]

/** Plays one seed: work comes in, things break and heal, and after every step every promise is looked at. */
export async function play(seed: number): Promise<Report> {
  const world = await World.create(seed, seed % MANY_EVERY === 0 ? CLIENTS_MANY : CLIENTS)
  const invariants = new Invariants(world)
  const faults: Record<string, number> = {}
  // Each seed has a crash of the server and one of a client at least; the rest is chance.
  const planned = new Map<number, Fault>([
    [pickIndex(world.random, STEPS), 'server crash'],
    [pickIndex(world.random, STEPS), 'client crash'],
  ])
  let steps = 0
  try {
    await submitSchedules(world)
    for (; steps < STEPS; steps++) {
      if (world.random.fraction() < 0.06) void submitSome(world)
      if (world.random.fraction() < 0.005) void world.cancelSome()
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

async function submitSome(world: World): Promise<void> {
  const { owner, durationMs, failsInPercent, changes } = someTask(world.random)
  await world.submit(owner, durationMs, changes, failsInPercent)
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
  } else if (fault === 'server stands still') {
    if (world.server.stillness.isStill) return
    world.holdServer()
    await pause()
    world.letServerGoOn()
  } else if (fault === 'silence of all') {
    const clients = [...world.clients]
    for (const one of clients) world.stall(one, { toServer: true, toClient: true })
    await pause()
    for (const one of clients) world.stall(one, { toServer: false, toClient: false })
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
    if (atRest(world, invariants)) break
  }
  invariants.checkAtRest()
}

function atRest(world: World, invariants: Invariants): boolean {
  if (!world.server.engine || world.clients.some((client) => !client.running)) return false
  const { main } = world.server.databases
  const open = main.prepare(`select 1 from task where status <> 'completed' limit 1`).get()
  return open === undefined && world.truth.alive().length === 0 && invariants.everyEndIsStored()
}

function report(world: World, facts: Omit<Report, 'starts' | 'states' | 'triedAgain' | 'brakes'>): Report {
  const { main } = world.server.databases
  const count = (sql: string): Readonly<Record<string, number>> =>
    Object.fromEntries((main.prepare(sql).all() as { word: string; n: number }[]).map(({ word, n }) => [word, n]))
  return {
    ...facts,
    starts: world.truth.attempts.length,
    triedAgain: count('select ending as word, count(*) as n from attempt group by 1'),
    brakes:
      count(`select action as word, count(*) as n from audit where action = 'brake.on' group by 1`)['brake.on'] ?? 0,
    states: count('select state as word, count(*) as n from execution group by 1'),
  }
}
