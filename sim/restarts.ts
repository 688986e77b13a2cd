import { pickIndex } from '@octopus/kit/random.ts'
import type { TaskId } from '@octopus/protocol/ids.ts'
import { CATCH_UPS, type CatchUp, type Overlap, OVERLAPS, type Owner } from '@octopus/protocol/work.ts'
import type { TaskDefinition } from '@octopus/server/tasks/task.ts'

import { Broken } from './broken.ts'
import { DueTimes, type MadeRun } from './due-times.ts'
import { checkHistory, writeHistory } from './slot-history.ts'
import { World } from './world.ts'

const system = { kind: 'system', name: 'sim' } as const
const SECOND = 1_000
const MINUTE = 60 * SECOND
/** Nothing is due so shortly after a start: whether it was missed would be a matter of milliseconds. */
const START_MS = 150
/** So long that more is missed than is ever made up for. */
const LONG_MS = 2_300 * SECOND
const LONG_OUTAGES: readonly number[] = [12]
/** After the last restart all that was ordered comes to its end: deadlines are shorter. */
const REST_MS = 3 * 3_600_000

export interface RestartReport {
  readonly seed: number
  readonly restarts: number
  readonly runs: Readonly<Record<string, number>>
  readonly missed: number
  /** What was seen in slots, by policy. */
  readonly seen: Readonly<Record<string, number>>
}

interface Scheduled {
  readonly id: TaskId
  readonly name: string
  readonly oracle: DueTimes
}

/**
 * Schedules of every catch-up and every overlap, a server that is killed at random moments and started again over its
 * files, and three PCs of which one never returns. Every run and every execution is held against the definition.
 */
export async function playRestarts(
  seed: number,
  { folder, restarts }: { folder: string; restarts: number },
): Promise<RestartReport> {
  const world = await World.create(seed, 3, { folder, slots: 64 })
  const { clock } = world
  try {
    await clock.advance(20 * SECOND)
    writeHistory(world.server.databases.main)
    const tasks = await submitAll(world)
    let upFrom = 0
    for (let restart = 0; restart < restarts; restart++) {
      await stayUp(world, tasks)
      if (restart === 1) world.crashClient(world.clients[2] ?? world.aClient())
      const until = clock.wall()
      look(world, tasks, upFrom, until)
      world.crashServer()
      await clock.advance(LONG_OUTAGES.includes(restart) ? LONG_MS : world.random.fraction() * 40 * SECOND)
      while (tasks.some(({ oracle }) => oracle.isDueBetween(clock.wall(), clock.wall() + START_MS)))
        await clock.advance(41)
      upFrom = clock.wall()
      void world.server.start()
    }
    await clock.advance(10 * SECOND)
    look(world, tasks, upFrom, clock.wall())
    await endAll(world, tasks)
    return report(world, tasks, { seed, restarts })
  } finally {
    world.close()
    await clock.settle()
  }
}

/** One for each catch-up and overlap, for everybody; and by the calendar for anyone and for a user. */
async function submitAll(world: World): Promise<readonly Scheduled[]> {
  const { random } = world
  const tasks: Scheduled[] = []
  for (const catchUp of CATCH_UPS) {
    for (const overlap of OVERLAPS) {
      const durationMs = [3_700, 26_300][pickIndex(random, 2)] ?? 0
      tasks.push(await submit(world, { owner: 'all', catchUp, overlap, durationMs, every: 20 * SECOND }))
    }
    const overlap = OVERLAPS[pickIndex(random, OVERLAPS.length)] ?? 'skip'
    const owner = (['anyone', 'user'] as const)[pickIndex(random, 2)] ?? 'anyone'
    tasks.push(await submit(world, { owner, catchUp, overlap, durationMs: 70_700, every: 'minute' }))
  }
  return tasks
}

interface Wish {
  readonly owner: Owner
  readonly catchUp: CatchUp
  readonly overlap: Overlap
  readonly durationMs: number
  readonly every: number | 'minute'
}

async function submit(world: World, { owner, catchUp, overlap, durationMs, every }: Wish): Promise<Scheduled> {
  const startAt = world.clock.wall() + SECOND + Math.floor(world.random.fraction() * 20 * SECOND)
  const when: Partial<TaskDefinition> =
    every === 'minute' ? { cron: '* * * * *', timeZone: 'Asia/Kathmandu' } : { intervalMs: every }
  const policy = { catchUp, overlap, deadlineMs: 3_600_000, timeoutMs: 600_000 }
  const id = await world.during(world.submit(owner, durationMs, { type: 'scheduled', startAt, ...when, ...policy }))
  if (id === undefined) throw new Error('the server is down')
  const next = (after: number): number =>
    every === 'minute'
      ? (Math.floor(Math.max(after, startAt - 1) / MINUTE) + 1) * MINUTE
      : startAt + Math.max(0, Math.floor((after - startAt) / every) + 1) * every
  const name = `${owner} ${catchUp} ${overlap} ${durationMs}`
  return { id, name, oracle: new DueTimes(name, startAt, { catchUp, next }) }
}

/** Mostly long enough to settle, sometimes not even to begin; a person orders something now and then. */
async function stayUp(world: World, tasks: readonly Scheduled[]): Promise<void> {
  const { clock, random } = world
  const short = random.fraction() < 0.25
  const ms = random.fraction() * (short ? 120 : 50 * SECOND)
  const { store, engine } = world.server
  const bus = engine?.bus
  if (!short && store && random.fraction() < 0.3) {
    const task = tasks[pickIndex(random, tasks.length)]
    await clock.advance(ms / 2)
    const order = { now: clock.wall(), actor: system, argsJson: null, kwargsJson: null }
    if (task) void store.runTask({ ...order, task: task.id }).then((run) => run && bus?.publish('touched', run.touched))
    await clock.advance(ms / 2)
  } else await clock.advance(ms)
}

/** The server dies now, or is looked at: are all runs there that must be, and no other? */
function look(world: World, tasks: readonly Scheduled[], upFrom: number, until: number): void {
  const query = world.server.databases.main.prepare(
    `select due_at as dueAt, cause_kind as cause from run where task_id = ? and cause_kind <> 'manual'`,
  )
  for (const { id, oracle } of tasks) oracle.wasUp(upFrom, until, query.all(id) as unknown as MadeRun[])
}

async function endAll(world: World, tasks: readonly Scheduled[]): Promise<void> {
  const { clock, server } = world
  const { store } = server
  if (!store) throw new Error('the server did not come up')
  for (const { id } of tasks) {
    const ended = await world.during(store.endTask({ now: clock.wall(), actor: system, task: id }))
    if (ended) server.engine?.bus.publish('touched', ended.touched)
  }
  const open = server.databases.main.prepare('select 1 from execution where ends_at_latest is not null limit 1')
  for (let waited = 0; waited < REST_MS && open.get() !== undefined; waited += MINUTE) await clock.advance(MINUTE)
  if (open.get() !== undefined) throw new Broken('L4: something is still open')
}

function report(
  world: World,
  tasks: readonly Scheduled[],
  facts: Pick<RestartReport, 'seed' | 'restarts'>,
): RestartReport {
  const { main } = world.server.databases
  let missed = 0
  for (const { id, name, oracle } of tasks) {
    const { n } = main.prepare('select missed_count as n from task where id = ?').get(id) as { n: number }
    if (n !== oracle.dropped) throw new Broken(`S6: ${name} says that ${n} were missed, and it were ${oracle.dropped}`)
    missed += n
  }
  const incomplete = main.prepare('select id from run where rows_written <> audience_size limit 1').get()
  if (incomplete) throw new Broken(`O1: ${JSON.stringify(incomplete)}`)
  checkPresent(world)
  const rows = main.prepare('select cause_kind as cause, count(*) as n from run group by 1').all()
  const runs = Object.fromEntries((rows as { cause: string; n: number }[]).map(({ cause, n }) => [cause, n]))
  return { ...facts, runs, missed, seen: checkHistory(main) }
}

/** One absent PC never stops the others: the two that are there are in every audience, and nothing of theirs is lost. */
function checkPresent(world: World): void {
  const { main } = world.server.databases
  for (const { id, name } of world.clients.slice(0, 2)) {
    const without = main
      .prepare(
        `select r.id from run r join task t on t.id = r.task_id where t.owner = 'all' and not exists (
          select 1 from execution e where e.run_id = r.id and e.slot_value = ?) limit 1`,
      )
      .get(id as string)
    if (without) throw new Broken(`O1: ${name} is missing in ${JSON.stringify(without)}`)
    const lost = main
      .prepare(
        `select id, state, reason from execution where slot_value = ? and state in ('lost', 'failed', 'timed-out') limit 1`,
      )
      .get(id as string)
    if (lost) throw new Broken(`S7: ${name} has ${JSON.stringify(lost)}`)
  }
}
