import { pickIndex, type Random } from '@octopus/kit/random.ts'
import { OctopusError } from '@octopus/protocol/errors.ts'
import type { ExecutionId, RunId, TaskId } from '@octopus/protocol/ids.ts'
import { changeClient, revokeClient, setDraining } from '@octopus/server/clients/manage-client.ts'
import { cancelWork } from '@octopus/server/executions/cancel-work.ts'
import { retryRun } from '@octopus/server/runs/retry-run.ts'
import { changeTask } from '@octopus/server/tasks/change-task.ts'
import { endTask } from '@octopus/server/tasks/end-task.ts'
import { pauseTask, resumeTask } from '@octopus/server/tasks/pause-task.ts'
import { runTaskNow } from '@octopus/server/tasks/run-now.ts'
import { setWorkStopped } from '@octopus/server/tasks/stop-work.ts'

import { type SomeTask, someTask } from './some-task.ts'
import type { World } from './world.ts'

const actor = { kind: 'system', name: 'sim' } as const

/** What people want, each as often as its weight says. A server that is down hears nothing of it. */
const WISHES: readonly (readonly [weight: number, wish: (world: World) => Promise<unknown>])[] = [
  [60, (world) => submitSome(world)],
  [6, (world) => cancelTask(world)],
  [12, (world) => cancelExecution(world)],
  [3, (world) => runNow(world)],
  [3, (world) => retryByHand(world)],
  [4, (world) => pauseForAWhile(world)],
  [3, (world) => drainForAWhile(world)],
  [3, (world) => bindElsewhere(world)],
  [2, (world) => limitSlots(world)],
  [3, (world) => world.server.publishPlugin()],
  [1, (world) => revokeOne(world)],
  [1, (world) => stopAllForAWhile(world)],
  [2, (world) => editOne(world)],
  [1, (world) => endOne(world)],
]
const WEIGHTS = WISHES.reduce((sum, [weight]) => sum + weight, 0)

/** Somebody wants something. What the server refuses, or cannot answer, is nothing to the simulation. */
export async function wish(world: World): Promise<void> {
  let left = world.random.fraction() * WEIGHTS
  const chosen = WISHES.find(([weight]) => (left -= weight) < 0)?.[1] ?? submitSome
  try {
    await chosen(world)
  } catch (error) {
    unlessRefused(error)
  }
}

/** What the server refuses, or cannot answer, is nothing to the simulation. */
export function unlessRefused(error: unknown): void {
  if (!(error instanceof OctopusError)) throw error
}

export async function submitSome(world: World, choose: (random: Random) => SomeTask = someTask): Promise<void> {
  const { owner, durationMs, changes, ...how } = choose(world.random)
  await world.submit(owner, durationMs, changes, how)
}

/** What the verbs of people need, if the server is up. */
type Office = NonNullable<ReturnType<typeof office>>

function office(world: World) {
  const { store, engine, machine } = world.server
  return store && engine ? { store, bus: engine.bus, clock: machine.clock } : undefined
}

function one<T>(world: World, from: readonly T[]): T | undefined {
  return from[pickIndex(world.random, from.length)]
}

async function cancelTask(world: World): Promise<void> {
  const [needs, task] = [office(world), one(world, world.tasks)]
  if (needs && task !== undefined) await cancelWork(needs, { task }, actor)
}

/** One that has not ended: those that are on their way to a client, or out of contact, are what is hard about it. */
async function cancelExecution(world: World): Promise<void> {
  const { main } = world.server.databases
  const open = main
    .prepare(
      `select id, state from execution where ends_at_latest is not null
        order by state = 'assigned' desc, state in ('queued', 'running'), id`,
    )
    .all() as unknown as readonly { readonly id: ExecutionId; readonly state: string }[]
  const onTheirWay = world.random.fraction() < 0.5 ? open.filter(({ state }) => state === 'assigned') : []
  const half = open.slice(0, Math.ceil(open.length / 2))
  const [needs, execution] = [office(world), one(world, onTheirWay.length > 0 ? onTheirWay : half)]
  if (needs && execution !== undefined) await cancelWork(needs, { execution: execution.id }, actor)
}

/** Somebody who has second thoughts just now. */
export async function someoneCancels(world: World): Promise<void> {
  await cancelExecution(world).catch(unlessRefused)
}

async function runNow(world: World): Promise<void> {
  const [needs, task] = [office(world), one(world, world.tasks)]
  if (needs && task !== undefined) await runTaskNow(needs, { task, argsJson: null, kwargsJson: null }, actor)
}

async function retryByHand(world: World): Promise<void> {
  const runs = world.server.databases.main
    .prepare(`select id from run where status = 'completed' order by id desc limit 20`)
    .all() as unknown as readonly { readonly id: RunId }[]
  const [needs, run] = [office(world), one(world, runs)]
  if (needs && run !== undefined) await retryRun(needs, { run: run.id, execution: null }, actor)
}

async function pauseForAWhile(world: World): Promise<void> {
  const [needs, task] = [office(world), one(world, world.tasks)]
  if (!needs || task === undefined) return
  // Who is told that it failed looks at the task, and finds it paused perhaps.
  await Promise.race([pauseTask(needs, task, actor).catch(() => {}), world.server.crashed()])
  await world.clock.after(world.random.fraction() * 60_000, new AbortController().signal)
  await untilHeard(world, (later) => resumeTask(later, task, actor))
}

/** Nothing is left paused or stopped: a store that went back in time may have forgotten that somebody resumed it. */
export async function resumeAll(world: World): Promise<void> {
  await untilHeard(world, (needs) => setWorkStopped(needs, false, actor))
  const paused = world.server.databases.main
    .prepare('select id from task where paused_at is not null')
    .all() as unknown as readonly { readonly id: TaskId }[]
  await Promise.all(paused.map(({ id }) => untilHeard(world, (needs) => resumeTask(needs, id, actor))))
}

/** A person tries until the server has heard. */
async function untilHeard(world: World, act: (needs: Office) => Promise<unknown>): Promise<void> {
  for (;;) {
    const needs = office(world)
    const heard = needs
      ? await Promise.race([
          act(needs).then(
            () => true,
            () => false,
          ),
          world.clock.after(10_000, new AbortController().signal).then(() => false),
        ])
      : false
    if (heard) return
    await world.clock.after(5_000, new AbortController().signal)
  }
}

/** The red button, and somebody who lets go of it. */
async function stopAllForAWhile(world: World): Promise<void> {
  const needs = office(world)
  if (!needs) return
  const pressed = async (): Promise<void> => {
    await setWorkStopped(needs, true, actor)
    await cancelWork(needs, { everything: true }, actor)
  }
  await Promise.race([pressed().catch(() => {}), world.server.crashed()])
  await world.clock.after(world.random.fraction() * 60_000, new AbortController().signal)
  await untilHeard(world, (later) => setWorkStopped(later, false, actor))
}

/** Another time to run, on the revision that was read; somebody else may be quicker. */
async function editOne(world: World): Promise<void> {
  const [needs, id] = [office(world), one(world, world.tasks)]
  const task = needs && id !== undefined ? await needs.store.readTask({ id }) : undefined
  if (!needs || !task || task.type !== 'scheduled' || task.intervalMs === null) return
  const wish = { intervalSeconds: 30 + pickIndex(world.random, 60) }
  const unchanged = { argsJson: undefined, kwargsJson: undefined }
  await changeTask(needs, { task: task.id, revision: task.revision, wish, ...unchanged }, actor)
}

async function endOne(world: World): Promise<void> {
  const [needs, task] = [office(world), one(world, world.tasks)]
  if (needs && task !== undefined) await endTask(needs, task, actor)
}

async function drainForAWhile(world: World): Promise<void> {
  const [needs, { id }] = [office(world), world.aClient()]
  if (!needs || id === undefined) return
  await setDraining(needs, id, true, actor)
  await world.clock.after(world.random.fraction() * 60_000, new AbortController().signal)
  const later = office(world)
  if (later) await setDraining(later, id, false, actor)
}

/** The user's work goes where the user is now. */
async function bindElsewhere(world: World): Promise<void> {
  const [needs, { id }] = [office(world), world.aClient()]
  if (!needs || id === undefined) return
  const { userId, revision } = (await needs.store.readClient({ id })) ?? { userId: null, revision: 0 }
  await changeClient(needs, { client: id, revision }, { user: userId === null ? 'alice' : null }, actor)
}

async function limitSlots(world: World): Promise<void> {
  const [needs, { id }] = [office(world), world.aClient()]
  if (!needs || id === undefined) return
  const { revision } = (await needs.store.readClient({ id })) ?? { revision: 0 }
  const slotsLimit = world.random.fraction() < 0.5 ? 1 : null
  await changeClient(needs, { client: id, revision }, { slotsLimit }, actor)
}

/** A PC is stolen, and another one takes its place. */
async function revokeOne(world: World): Promise<void> {
  const [needs, client] = [office(world), world.aClient()]
  if (!needs || client.id === undefined || client.isUnwanted) return
  client.isUnwanted = true
  await revokeClient(needs, client.id, actor)
  await world.addClient(world.random.fraction() < 0.5 ? 'alice' : null)
}
