import { sha256Hex } from '@octopus/kit/checksum.ts'
import { createSeededRandom } from '@octopus/kit/random.ts'
import { createCapturedLog } from '@octopus/kit/testing/capture-log.ts'
import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'
import { createMemoryDisk } from '@octopus/kit/testing/memory-files.ts'
import type { AttemptKey } from '@octopus/protocol/attempt.ts'
import type { ExecuteItem, FromServer } from '@octopus/protocol/from-server.ts'
import type { Checksum, ClientId, ExecutionId } from '@octopus/protocol/ids.ts'

import { createClient } from '#client.ts'
import type { RunnerPool, RunnerWork } from '#runner/runner.ts'

import { createFakeRunnerPool } from './fake-runner-pool.ts'
import { createFakeServer } from './fake-server.ts'

export const SOURCE = Buffer.from('def run(): return "done"\n')
export const CHECKSUM = sha256Hex(SOURCE) as Checksum
export const PLUGINS: FromServer = {
  type: 'plugins',
  revision: 1,
  from: null,
  changed: [{ name: 'probe', checksum: CHECKSUM, language: 'python', sizeBytes: SOURCE.length }],
  removed: [],
}

export function keyNumber(n: number, fence: number = n): AttemptKey {
  return { execution: `01900000-0000-7000-8000-${String(n).padStart(12, '0')}` as ExecutionId, attempt: 1, fence }
}

export function item(key: AttemptKey, change: Partial<ExecuteItem> = {}): ExecuteItem {
  return {
    ...key,
    fenceProof: 'p'.repeat(43),
    slot: { kind: 'any', value: '' },
    plugin: 'probe',
    checksum: CHECKSUM,
    language: 'python',
    action: 'run',
    argsJson: '[]',
    kwargsJson: '{}',
    startWithinMs: 60_000,
    timeoutMs: 60_000,
    onDisconnect: 'continue',
    outputBytesMax: 1_048_576,
    ...change,
  }
}

/** The real client over a memory disk and a memory link, in virtual time, with a server and plugins that a test scripts. */
export function createWorld(
  options: { readonly slots?: number; readonly syncMs?: number; readonly seed?: number } = {},
) {
  const clock = createHandClock()
  const log = createCapturedLog()
  const disk = createMemoryDisk(options.syncMs === undefined ? undefined : { clock, syncMs: options.syncMs })
  const server = createFakeServer(clock)
  server.afterWelcome = [PLUGINS]
  const world = {
    clock,
    log,
    disk,
    server,
    pool: createFakeRunnerPool(clock),
    freeDiskBytes: 1e12,
    leftOversKilled: 0,
    /** So long the killing of left-over runners takes. */
    leftOversGone: Promise.resolve(),
    fetches: [] as string[],
    fetchPlugin: async (): Promise<Buffer> => SOURCE,
    /** Sees every start, over all lives. */
    onRun: (_work: RunnerWork): void => {},
    outcome: undefined as string | undefined,
    /** Aborted when the process is dead: it connects no more. */
    life: new AbortController(),
    stop: new AbortController(),
    /** Starts the client; a second call is the next life on the same disk. */
    start: async (): Promise<void> => {
      world.stop = new AbortController()
      world.outcome = undefined
      world.life = new AbortController()
      const life = world.life.signal
      const client = createClient({
        clock,
        log,
        runnerPool: watched(world.pool, (work) => world.onRun(work)),
        files: disk.mount(),
        random: createSeededRandom(options.seed ?? 7),
        connect: (events, signal) => (life.aborted ? new Promise(() => {}) : server.connect(events, signal)),
        fetchPlugin: async ({ checksum }) => {
          world.fetches.push(checksum)
          return world.fetchPlugin()
        },
        killLeftOvers: async () => {
          await world.leftOversGone
          world.leftOversKilled++
        },
        identity: {
          clientId: keyNumber(99).execution as string as ClientId,
          serverId: 'server-1',
          sign: () => 'signature',
        },
        settings: {
          stateFolder: '/state',
          pluginsFolder: '/state/plugins',
          slots: options.slots ?? 2,
          heartbeatMs: 10_000,
          wishedUser: null,
          labels: [],
        },
        facts: {
          hostName: 'pc',
          os: 'Linux',
          arch: 'x64',
          account: 'me',
          bootId: 'boot-1',
          load: () => 0,
          freeDiskBytes: async () => world.freeDiskBytes,
        },
      })
      void client.run(world.stop.signal).then(
        (outcome) => (world.outcome = outcome),
        (error: unknown) => (world.outcome = String(error)),
      )
      await clock.advance(600)
    },
    /** Power loss or `kill -9`: runners die with the client, as their channel closes. */
    crash: async (unsyncedKept = 0): Promise<void> => {
      disk.crash(unsyncedKept)
      world.life.abort(new Error('crashed'))
      if (server.connections() > 0) server.wire().cut('crashed')
      world.pool = createFakeRunnerPool(clock)
      await clock.settle()
    },
    execute: async (...items: ExecuteItem[]): Promise<void> => {
      server.send({ type: 'execute', executions: items })
      await clock.advance(options.syncMs === undefined ? 0 : options.syncMs * 3)
    },
    /** Ends the client in good order. */
    end: async (): Promise<void> => {
      world.stop.abort(new Error('the client was told to stop'))
      for (const run of world.pool.alive()) run.end({ end: 'lost', reason: 'client-stopping', valueJson: null })
      await clock.advance(20_000)
    },
  }
  return world
}

function watched(pool: RunnerPool, onRun: (work: RunnerWork) => void): RunnerPool {
  return {
    runtimes: () => pool.runtimes(),
    start: (work, events) => {
      onRun(work)
      return pool.start(work, events)
    },
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  }
}
