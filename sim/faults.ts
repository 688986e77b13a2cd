import type { Ms } from '@octopus/kit/clock.ts'
import { pickIndex } from '@octopus/kit/random.ts'
import type { FromClient } from '@octopus/protocol/from-client.ts'
import type { FromServer } from '@octopus/protocol/from-server.ts'

import type { SimClient } from './sim-client.ts'
import type { Backup } from './sim-server.ts'
import type { World } from './world.ts'

/** Where a fault strikes, and for how long. */
interface Blow {
  readonly world: World
  readonly client: SimClient
  /** Resolves when the fault shall be mended. */
  readonly lasts: () => Promise<void>
}

/** Breaks something and mends it after a while. False: there was nothing to break. */
type Fault = (blow: Blow) => Promise<boolean>

const LASTS_MS: readonly Ms[] = [50, 2_000, 40_000, 200_000, 200_000]
/** Long enough for a connection, and for its first heartbeats. */
const LYING_MS: Ms = 40_000
/** Long enough for the server to lose its patience with some of the work that nothing is told of. */
const SWALLOWED_MS: Ms = 200_000
const REPORTS: ReadonlySet<string> = new Set<FromClient['type']>([
  'started',
  'rejected',
  'progress',
  'output',
  'result',
])
const HOUR_MS: Ms = 3_600_000
const DAY_MS: Ms = 86_400_000

const silence =
  (lanes: { readonly toServer: boolean; readonly toClient: boolean }): Fault =>
  async ({ world, client, lasts }) => {
    world.stall(client, lanes)
    await lasts()
    world.stall(client, { toServer: false, toClient: false })
    return true
  }

const line =
  (spoil: (world: World) => Parameters<World['setLine']>[1]): Fault =>
  async ({ world, client, lasts }) => {
    world.setLine(client, spoil(world))
    await lasts()
    world.mendLine(client)
    return true
  }

/** A hand-over, or the word that it came to nothing: one end knows what the other one was never told. */
function noteSwallowed(world: World, client: SimClient, text: string): void {
  const message = JSON.parse(text) as FromServer | FromClient
  if (message.type === 'execute' || message.type === 'rejected') {
    for (const { fence } of message.executions) world.swallowed.add(fence)
  }
  if (message.type === 'result') for (const { fence } of message.results) world.swallowed.add(fence)
  if (message.type !== 'inventory') return
  // It would have told of everything that had not come by then.
  for (const [fence, offer] of world.offers) if (offer.client === client.name) world.swallowed.add(fence)
}

/** What swallows a hand-over swallows what follows from it, too: only the next inventory tells that it never came. */
function cancelsWhatNeverCame(world: World, text: string): boolean {
  const message = JSON.parse(text) as FromServer | FromClient
  return message.type === 'cancel' && message.executions.some(({ fence }) => world.swallowed.has(fence))
}

/** Everything that the table of faults names and that one server and its clients can suffer in one process. */
export const FAULTS = {
  'server crash': async ({ world, lasts }) => {
    if (!world.server.engine) return false
    world.crashServer()
    await lasts()
    await world.startServerAgain()
    return true
  },
  'server stops in order': async ({ world, lasts }) => {
    const { engine } = world.server
    if (!engine) return false
    world.server.isStopping = true
    await engine.stop(2_000)
    // Unless it was killed meanwhile, and perhaps started again.
    if (world.server.engine !== engine) return true
    world.crashServer()
    await lasts()
    await world.startServerAgain()
    return true
  },
  'server stands still': async ({ world, lasts }) => {
    if (world.server.stillness.isStill || world.server.isDown) return false
    world.holdServer()
    await lasts()
    world.letServerGoOn()
    return true
  },
  'clock of the server set': async ({ world, lasts }) => {
    const { machine } = world.server
    if (machine.wallOffsetMs !== 0) return false
    const wasSet = { until: undefined as number | undefined }
    world.server.wasSet = wasSet
    machine.wallOffsetMs = [-HOUR_MS, -90_000, 90_000, HOUR_MS][pickIndex(world.random, 4)] ?? 0
    await lasts()
    machine.wallOffsetMs = 0
    wasSet.until = world.clock.wall()
    return true
  },
  'disk of the server full': async ({ world, lasts }) => {
    if (world.server.isDown) return false
    world.server.fillDisk(world.random.fraction() < 0.5)
    await lasts()
    world.server.emptyDisk()
    return true
  },
  'commit fails': async ({ world }) => (world.server.commits.break('fails'), true),
  'commit in doubt, not written': async ({ world }) => (world.server.commits.break('is in doubt and was not'), true),
  'commit in doubt, written': async ({ world }) => (world.server.commits.break('is in doubt and was'), true),
  'client crash': async ({ world, client, lasts }) => {
    if (!client.running) return false
    // Everything not fsynced is gone, half of it is, or the system still writes it.
    world.crashClient(client, [0, 0.5, 1][pickIndex(world.random, 3)])
    await lasts()
    client.start()
    return true
  },
  'client stops in order': async ({ client, lasts }) => {
    if (!client.running || client.stillness.isStill) return false
    await client.stop()
    await lasts()
    client.start()
    return true
  },
  reboot: async ({ world, client, lasts }) => {
    if (!client.running) return false
    world.crashClient(client)
    client.boots += 1
    await lasts()
    client.start()
    return true
  },
  'client stands still': async ({ world, client, lasts }) => {
    if (!client.running || client.stillness.isStill) return false
    world.holdClient(client)
    await lasts()
    world.letClientGoOn(client)
    return true
  },
  'PC sleeps': async ({ world, client, lasts }) => {
    if (!client.running || client.stillness.isStill) return false
    const from = world.clock.monotonic()
    const slept = { from: world.clock.wall(), until: undefined as number | undefined, isUnseen: false }
    client.slept.push(slept)
    client.runnersStillness.stop()
    world.holdClient(client)
    const asleep = client.stillness
    await lasts()
    slept.until = world.clock.wall()
    // On many systems the monotonic clock stands still meanwhile; the wall clock never does. Where the client was started
    // anew before this is over, its PC was awake: its clock never goes back.
    slept.isUnseen = world.random.fraction() < 0.5 && client.stillness === asleep
    if (slept.isUnseen) client.machine.monotonicOffsetMs -= world.clock.monotonic() - from
    client.runnersStillness.goOn()
    world.letClientGoOn(client)
    return true
  },
  'clock of a client set': async ({ world, client, lasts }) => {
    const before = client.machine.wallOffsetMs
    client.machine.wallOffsetMs = [-2 * DAY_MS, -HOUR_MS, HOUR_MS, 2 * DAY_MS][pickIndex(world.random, 4)] ?? 0
    client.clockSetAt = world.clock.wall()
    await lasts()
    client.machine.wallOffsetMs = before
    client.clockSetAt = world.clock.wall()
    return true
  },
  'disk of a client full': async ({ world, client, lasts }) => {
    const wasFull = { from: world.clock.wall(), until: undefined as number | undefined }
    client.wasFull = wasFull
    client.isDiskFull = true
    await lasts()
    client.isDiskFull = false
    wasFull.until = world.clock.wall()
    return true
  },
  'interpreter removed': async ({ world, client, lasts }) => {
    client.hasPython = false
    world.cutWires(client)
    await lasts()
    client.hasPython = true
    world.cutWires(client)
    return true
  },
  'client lies': async ({ world, client }) => {
    world.setLying(client, true)
    await world.clock.after(LYING_MS, new AbortController().signal)
    world.setLying(client, false)
    return true
  },
  cut: async ({ world, client }) => (world.cutWires(client), true),
  'silence to the server': silence({ toServer: true, toClient: false }),
  'silence to the client': silence({ toServer: false, toClient: true }),
  silence: silence({ toServer: true, toClient: true }),
  'silence of all': async ({ world, lasts }) => {
    const clients = [...world.clients]
    for (const one of clients) world.stall(one, { toServer: true, toClient: true })
    await lasts()
    for (const one of clients) world.stall(one, { toServer: false, toClient: false })
    return true
  },
  'slow line': line(({ random }) => ({ delayMs: random.fraction() * 6_000 })),
  'messages twice': line(({ random }) => ({ copies: () => (random.fraction() < 0.3 ? 2 : 1) })),
  'messages swapped': line(({ random }) => ({ late: () => random.fraction() < 0.2 })),
  // A program on the way lets through what keeps the connection, and none of what is told of work.
  'reports swallowed': async ({ world, client }) => {
    const swallow = (text: string): number => {
      if (!REPORTS.has((JSON.parse(text) as FromServer | FromClient).type)) return 1
      noteSwallowed(world, client, text)
      return 0
    }
    world.setLine(client, { copies: swallow })
    await world.clock.after(SWALLOWED_MS, new AbortController().signal)
    world.mendLine(client)
    world.cutWires(client)
    return true
  },
  'messages swallowed': async ({ world, client, lasts }) => {
    const isSwallowed = (text: string): boolean => world.random.fraction() < 0.3 || cancelsWhatNeverCame(world, text)
    world.setLine(client, { copies: (text) => (isSwallowed(text) ? (noteSwallowed(world, client, text), 0) : 1) })
    await lasts()
    world.mendLine(client)
    // Whatever swallows messages of a stream breaks it in the end.
    world.cutWires(client)
    return true
  },
} as const satisfies Readonly<Record<string, Fault>>

export type FaultName = keyof typeof FAULTS | 'restore of a backup'

export const FAULT_NAMES: readonly FaultName[] = [
  ...(Object.keys(FAULTS) as (keyof typeof FAULTS)[]),
  'restore of a backup',
]

/** A fault by chance; null: where it would have struck there was nothing to break. */
export async function strike(
  world: World,
  name: keyof typeof FAULTS,
  lastsMs = LASTS_MS[pickIndex(world.random, LASTS_MS.length)] ?? 0,
): Promise<FaultName | null> {
  const lasts = (): Promise<void> => world.clock.after(lastsMs, new AbortController().signal)
  return (await FAULTS[name]({ world, client: world.aBusyClient(), lasts })) ? name : null
}

/** The store goes back in time, as after the loss of a disk. */
export async function restore(world: World, backup: Backup): Promise<void> {
  await world.restore(backup, () => world.clock.after(5_000, new AbortController().signal))
  await world.startServer()
}
