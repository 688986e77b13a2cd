import type { Ms } from '@octopus/kit/clock.ts'
import { pickIndex, type Random } from '@octopus/kit/random.ts'

import { Broken } from './broken.ts'
import { FAULTS, type FaultName, restore, strike } from './faults.ts'
import { Invariants } from './invariants.ts'
import { resumeAll, someoneCancels, submitSome, unlessRefused, wish } from './people.ts'
import type { Backup } from './sim-server.ts'
import { submitSchedules } from './some-schedules.ts'
import { longForAll, refusedByAll, safeTwice, type SomeTask, someTask, soonOrNever } from './some-task.ts'
import { statement } from './statements.ts'
import { takeTransitions, type TransitionCounts, watchTransitions } from './transitions.ts'
import { World } from './world.ts'

/** What one seed did. */
export interface Report {
  readonly seed: number
  readonly steps: number
  readonly checks: number
  readonly starts: number
  /** Of each kind, those that found something to break. */
  readonly faults: Readonly<Partial<Record<FaultName, number>>>
  readonly transitions: TransitionCounts
  /** Attempts that another one followed, by how they ended. */
  readonly triedAgain: Readonly<Record<string, number>>
  /** How often the brake went on. */
  readonly brakes: number
  /** Due times that were held against their schedule. */
  readonly dueTimes: number
  /** Executions by their last state. */
  readonly states: Readonly<Record<string, number>>
  /** Late results that were stored beside the outcome. */
  readonly late: number
}

/** Steps in which work comes in and things break; then everything heals, and comes to rest in as many as it takes. */
const STEPS = 420
/** What people want, for each step. */
const WISHES = 0.08
const WISHES_WHILE_CALM = 0.01
const FAULTS_MIN = 10
const FAULTS_MORE = 7
const CLIENTS = 2
/** So many that the brake goes on when all of them vanish; each seventh seed. */
const CLIENTS_MANY = 6
const MANY_EVERY = 7
/** In each third seed the store goes back to a backup once. */
const RESTORE_EVERY = 3
/** After the last fault everything must come to rest in this time: deadlines, timeouts and holds are shorter. */
const REST_MS = 3 * 3_600_000
/** The longest fault is over, and the server has started again. */
const HEALED_MS = 240_000
/** A connection that broke is back in this time, and everything on it was answered. */
const ANSWERS_MS = 60_000
/** Versions of plugins that nothing needs any more are out of the manifest in this time, and off the disks. */
const TIDIED_MS = 660_000
const FAULTS_OF_EACH = ['server crash', 'client crash', 'client lies', 'reports swallowed', 'silence'] as const
/** They find nothing to break more often than others: each seed tries one of them once more. */
const FAULTS_OFTEN_IN_VAIN = [
  'server stands still',
  'client stops in order',
  'client stands still',
  'disk of the server full',
] as const
/** In each fourth seed faults strike one by one and last long: what only time brings is undone by no other fault. */
const ONE_BY_ONE_EVERY = 4
const ONE_BY_ONE = [
  'slow line',
  'silence',
  'reports swallowed',
  'client lies',
  'server stops in order',
  'silence',
  'silence',
  'client crash',
  'server crash',
] as const
const LASTS_MS: Ms = 200_000
const PAUSE_MS: Ms = 20_000
/** Work that comes in just before a fault, and the longest time between the two. */
const BURST = 3
const BURST_MS = 1_000
/** What shows most of a fault; of the others, anything does. */
const BURST_OF: Readonly<Partial<Record<FaultName, (random: Random) => SomeTask>>> = {
  silence: safeTwice,
  'client lies': longForAll,
  'reports swallowed': soonOrNever,
  'slow line': refusedByAll,
}
/** Whoever has told of its work before is not concerned. */
const STRUCK_FIRST: ReadonlySet<FaultName> = new Set(['reports swallowed', 'slow line'])
/** Where nothing is asked to end meanwhile: it would hide what the fault brings about. */
const LEFT_TO_ITSELF: ReadonlySet<FaultName> = new Set(['silence', 'client lies', 'reports swallowed'])
const FAULT_NAMES = Object.keys(FAULTS) as readonly (keyof typeof FAULTS)[]

/** Plays one seed: work comes in, things break and heal, and after every step every promise is looked at. */
export async function play(seed: number): Promise<Report> {
  watchTransitions()
  takeTransitions()
  const world = await World.create(seed, seed % MANY_EVERY === 0 ? CLIENTS_MANY : CLIENTS)
  const invariants = new Invariants(world)
  const faults: Partial<Record<FaultName, number>> = {}
  const isOneByOne = seed % ONE_BY_ONE_EVERY === 0
  const planned = isOneByOne ? new Map<number, readonly (keyof typeof FAULTS)[]>() : planFaults(world)
  const noted = (name: FaultName | null): void => void (name && (faults[name] = (faults[name] ?? 0) + 1))
  // Work in hand when things break: the hardest moments are no matter of luck alone.
  const setback = seed % RESTORE_EVERY === 0 ? pickIndex(world.random, STEPS / 2) : undefined
  let backup: { readonly made: Backup; readonly restoreAt: number } | undefined
  const wrong: unknown[] = []
  const watched = (promise: Promise<unknown>): void => void promise.catch((error: unknown) => wrong.push(error))
  const breaking = new Set<Promise<unknown>>()
  const breaks = (fault: Promise<unknown>): void => {
    breaking.add(fault)
    watched(fault.finally(() => breaking.delete(fault)))
  }
  let steps = 0
  let isStriking = isOneByOne
  try {
    await submitSchedules(world)
    if (isOneByOne) breaks(strikeOneByOne(world, noted).finally(() => (isStriking = false)))
    for (; steps < STEPS || isStriking; steps++) {
      if (world.random.fraction() < (isOneByOne ? WISHES_WHILE_CALM : WISHES)) watched(wish(world))
      for (const name of planned.get(steps) ?? []) breaks(strikeAtWork(world, name).then(noted))
      if (setback !== undefined && steps >= setback && !backup && hasWorkInHand(world, steps - setback)) {
        backup = { made: world.server.backUp(), restoreAt: steps + 1 + pickIndex(world.random, STEPS / 4) }
      }
      if (steps === backup?.restoreAt) {
        breaks(restore(world, backup.made).then(() => noted('restore of a backup')))
      }
      if (!(await world.step())) break
      if (wrong.length > 0) throw wrong[0]
      invariants.check()
    }
    await comeToRest(world, invariants, () => breaking.size === 0)
    if (wrong.length > 0) throw wrong[0]
    return report(world, { seed, steps, faults, checks: invariants.checks, dueTimes: invariants.dueTimes })
  } finally {
    world.close()
    await world.clock.settle()
  }
}

/** Where nobody works, little can go wrong: new work comes in, and the fault strikes while it is on its way or under way. */
async function strikeAtWork(world: World, name: keyof typeof FAULTS, lastsMs?: Ms): Promise<FaultName | null> {
  const { random, clock } = world
  const soon = (): Promise<void> => clock.after(random.fraction() * BURST_MS, new AbortController().signal)
  const isFirst = !STRUCK_FIRST.has(name)
  if (isFirst) await workComesIn(world, name)
  if (isFirst) await soon()
  const struck = strike(world, name, lastsMs)
  if (!isFirst) await workComesIn(world, name)
  if (!LEFT_TO_ITSELF.has(name)) await soon().then(() => Promise.race([someoneCancels(world), world.server.crashed()]))
  return struck
}

async function strikeOneByOne(world: World, noted: (name: FaultName | null) => void): Promise<void> {
  for (const name of ONE_BY_ONE) {
    await world.clock.after(PAUSE_MS, new AbortController().signal)
    noted(await strikeAtWork(world, name, LASTS_MS))
  }
}

async function workComesIn(world: World, before: keyof typeof FAULTS): Promise<void> {
  const works = Array.from({ length: BURST }, () => submitSome(world, BURST_OF[before] ?? someTask))
  // A version that nobody has yet keeps work waiting on the PCs.
  if (world.random.fraction() < (before === 'silence' ? 0.6 : 0.3)) works.unshift(world.server.publishPlugin())
  const heard = works.map((work) => work.catch(unlessRefused))
  await Promise.race([Promise.all(heard), world.server.crashed()])
}

function planFaults(world: World): ReadonlyMap<number, readonly (keyof typeof FAULTS)[]> {
  const count = FAULTS_MIN + pickIndex(world.random, FAULTS_MORE)
  const some = Array.from({ length: count }, () => FAULT_NAMES[pickIndex(world.random, FAULT_NAMES.length)] ?? 'cut')
  // What each seed has at least; the rest is chance.
  const oneMore = FAULTS_OFTEN_IN_VAIN[pickIndex(world.random, FAULTS_OFTEN_IN_VAIN.length)] ?? 'cut'
  const all: (keyof typeof FAULTS)[] = [...FAULTS_OF_EACH, oneMore, ...some]
  return Map.groupBy(all, () => pickIndex(world.random, STEPS))
}

/** Something is just being handed over: what a backup knows of it is soon wrong. */
function hasWorkInHand(world: World, stepsWaited: number): boolean {
  const { server } = world
  if (server.isDown || !server.databases.main.isOpen) return false
  const states =
    stepsWaited < 140 ? `'disconnected'` : stepsWaited < 180 ? `'assigned'` : `'queued', 'assigned', 'running'`
  return server.databases.main.prepare(`select 1 from execution where state in (${states})`).get() !== undefined
}

/** No more faults, no more work: everything that was asked for comes to its end. */
async function comeToRest(world: World, invariants: Invariants, isMended: () => boolean): Promise<void> {
  await goOn(world, invariants, HEALED_MS, () => false)
  // A fault that waited for work to come in struck later than it was planned, and is mended later.
  if (!isMended()) {
    await goOn(world, invariants, REST_MS, isMended)
    await goOn(world, invariants, HEALED_MS, () => false)
  }
  let isResumed = false
  void resumeAll(world).then(() => (isResumed = true))
  await goOn(world, invariants, REST_MS, () => isResumed && isAtRest(world, invariants))
  invariants.checkAtRest()
  await journalsAreEmpty(world, invariants)
}

async function goOn(world: World, invariants: Invariants, ms: number, isEnough: () => boolean): Promise<void> {
  const end = world.clock.monotonic() + ms
  while (world.clock.monotonic() < end && !isEnough()) {
    if (!(await world.step())) break
    invariants.check()
  }
}

function isAtRest(world: World, invariants: Invariants): boolean {
  const { server } = world
  if (!server.engine || server.stillness.isStill) return false
  if (world.clients.some((client) => !client.isUnwanted && !client.isWell)) return false
  if (world.truth.alive().length > 0) return false
  const open = statement(server.databases.main, `select 1 from task where status <> 'completed' limit 1`).get()
  return open === undefined && invariants.everyEndIsStored()
}

/** L4: asked once more, no client has anything that the server should know. */
async function journalsAreEmpty(world: World, invariants: Invariants): Promise<void> {
  // What was stored last still has to be answered for.
  await goOn(world, invariants, ANSWERS_MS, () => false)
  const asked = world.clients.filter((client) => !client.isUnwanted && isEnrolled(world, client))
  for (const client of asked) {
    world.inventories.delete(client)
    world.cutWires(client)
  }
  await goOn(world, invariants, REST_MS, () => asked.every((client) => world.inventories.get(client)?.isWhole))
  for (const client of asked) {
    const inventory = world.inventories.get(client)
    if (!inventory?.isWhole) throw new Broken(`L4: ${client.name} does not come back`)
    // What a store that went back in time does not know stays where it is, by design: a newer backup may turn up.
    const known = inventory.attempts.filter((attempt) => world.knows(attempt.execution))
    if (known.length > 0) throw new Broken(`L4: ${client.name} still holds ${JSON.stringify(known)}`)
  }
  // What it lacks it fetches now; what nobody needs any more is taken out in the end.
  await goOn(world, invariants, TIDIED_MS, () => invariants.whoLacksPlugins(asked) === undefined)
  const lacking = invariants.whoLacksPlugins(asked)
  if (lacking !== undefined) throw new Broken(`P3: ${lacking}`)
}

/** A store that went back in time does not know who was enrolled since: that PC is enrolled again by a person. */
function isEnrolled({ server }: World, { id }: World['clients'][number]): boolean {
  return server.databases.main.prepare('select 1 from client where id = ?').get(id ?? null) !== undefined
}

function report(world: World, facts: Pick<Report, 'seed' | 'steps' | 'faults' | 'checks' | 'dueTimes'>): Report {
  const { main } = world.server.databases
  const count = (sql: string): Readonly<Record<string, number>> =>
    Object.fromEntries((main.prepare(sql).all() as { word: string; n: number }[]).map(({ word, n }) => [word, n]))
  return {
    ...facts,
    starts: world.truth.attempts.length,
    transitions: takeTransitions(),
    triedAgain: count('select ending as word, count(*) as n from attempt group by 1'),
    brakes:
      count(`select action as word, count(*) as n from audit where action = 'brake.on' group by 1`)['brake.on'] ?? 0,
    states: count('select state as word, count(*) as n from execution group by 1'),
    late: count(`select 'late' as word, count(*) as n from late_result`)['late'] ?? 0,
  }
}
