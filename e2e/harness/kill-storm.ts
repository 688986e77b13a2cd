import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

import { createSeededRandom, pickIndex, type Random } from '@octopus/kit/random.ts'

import type { Json } from './api.ts'
import { DatabaseCopy } from './database.ts'
import type { GroundTruth } from './ground-truth.ts'
import { growHistory, type History } from './history.ts'
import { orphansOf, processesNaming, type Survivor } from './leaks.ts'
import { Octopus } from './octopus.ts'

const CLIENTS = ['one', 'two', 'three', 'alice-pc']
const CLIENT_FLAGS = ['--heartbeat-interval', '1', '--slots', '4']
const SERVER_FLAGS = ['--hold-seconds', '45']
/** Between two kills so many lines are written by plugins: the next one hits work that goes on. */
const LINES_MAX = 12
/** More than the clients can do until the next kill is no better a load. */
const QUEUED_MAX = 20
/** With everything down, nothing is written; then the next kill comes anyway. */
const PATIENCE_MS = 1_500
/** A server that has not come back by then never will. */
const RECOVERY_MS_MAX = 60_000
const LOOK_MS = 10
/** Within this time after the last restart everything has ended, or shows when it will. */
const SETTLED_MS = 60_000
const MOVING = ['queued', 'assigned', 'running']
const FINAL = new Set(['succeeded', 'failed', 'timed-out', 'cancelled', 'expired', 'lost', 'skipped'])

/** From the start of the server's process. */
export interface Recovery {
  /** The first 200 of `/readyz`. */
  readonly readyMs: number
  /** The first start, in ground truth, of something that was handed over after it. */
  readonly handOverMs: number
  /** What all threads of the server have computed until it was ready: whatever else this machine was doing. */
  readonly processorMs: number
}

export interface StormEnd {
  readonly acknowledged: readonly string[]
  /** Of all that was made since the storm began. */
  readonly executions: readonly Json[]
  readonly settledMs: number
}

/** A server and clients under load, of which one after the other is killed by chance. */
export class KillStorm implements AsyncDisposable {
  readonly octopus: Octopus
  readonly truth: GroundTruth
  readonly victims: string[] = []
  readonly recoveries: Recovery[] = []
  readonly #seed: number
  readonly #random: Random
  readonly #acknowledged: string[] = []
  readonly #since: string

  private constructor(octopus: Octopus, seed: number) {
    this.octopus = octopus
    this.#seed = seed
    this.#random = createSeededRandom(seed)
    this.truth = octopus.truth('kills')
    this.#since = new Date().toISOString()
  }

  /** With a history, if there shall be one, that was made before the first kill. */
  static async start(seed: number, history?: History): Promise<KillStorm> {
    const octopus = await Octopus.start(SERVER_FLAGS)
    await octopus.publishSample('probe')
    await octopus.startClients(CLIENTS.slice(0, 1), CLIENT_FLAGS)
    if (history) {
      const [made] = await octopus.run({ plugin: 'probe', owner: 'all' })
      await octopus.server.stop()
      growHistory(octopus.serverFolder, made.task.id, history)
      await octopus.startAgain()
    }
    await octopus.startClients(CLIENTS.slice(1, 3), CLIENT_FLAGS)
    await octopus.startClientOf('alice', 'alice-pc', CLIENT_FLAGS)
    return new KillStorm(octopus, seed)
  }

  /** Kills so often, and waits until all is up again and settled. */
  async rage(kills: number): Promise<StormEnd> {
    const stop = new AbortController()
    const load = this.#submitUntil(stop.signal)
    try {
      for (let n = 0; n < kills; n++) {
        await this.#somethingHappens()
        await this.#killOne()
      }
    } finally {
      stop.abort()
      await load
    }
    const begun = performance.now()
    for (const client of CLIENTS) await this.octopus.presence(client, 'online')
    assert.deepEqual(this.#runnersWithoutClient(), [], 'a runner of a killed client lives on')
    await this.#settled()
    const settledMs = Math.round(performance.now() - begun)
    const executions = await this.octopus.api.all(`/executions?from=${this.#since}`)
    return { acknowledged: this.#acknowledged, executions, settledMs }
  }

  /** Every task that the server took has ended or shows when it will; nothing was started twice; truth and store agree. */
  async assertNothingLost({ acknowledged, executions }: StormEnd): Promise<void> {
    const byTask = Map.groupBy(executions, ({ task }) => task.id)
    for (const id of acknowledged) {
      const own = byTask.get(id) ?? []
      const open = own.filter(({ state }) => !FINAL.has(state))
      const task = await this.octopus.api.get(`/tasks/${id}`)
      if (open.length === 0) assert.equal(task.status, 'completed', `task ${id} has ended and is ${task.status}`)
      else assert.deepEqual(new Set(open.map(({ state }) => state)), new Set(['disconnected']))
      for (const execution of open) assert.ok(execution.endsAtLatest !== null, `${execution.id} has no end in sight`)
      assert.equal(task.counts.total, own.length)
    }
    assert.deepEqual(this.truth.startedTwice(), [])
    this.#agreesWithTruth(executions)
  }

  /** The server is stopped: its database is sound, and has exactly one result for every attempt that was started. */
  assertOneResultEach(): void {
    using copy = new DatabaseCopy(this.octopus.serverFolder)
    copy.assertSound()
    const known = new Map(copy.results().map(({ execution, fence, count }) => [`${execution} ${fence}`, count]))
    const open = new Set(copy.rows(`select id from execution where ends_at_latest is not null`).map((row) => row['id']))
    const starts = this.truth.starts().filter(({ execution }) => !open.has(execution))
    assert.ok(starts.length > 0)
    const wrong = starts.filter(({ execution, fence }) => known.get(`${execution} ${fence}`) !== 1)
    assert.deepEqual(wrong, [])
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.octopus[Symbol.asyncDispose]()
  }

  async #killOne(): Promise<void> {
    // The server in every third case: it is the one that holds the promises.
    const isServer = pickIndex(this.#random, 3) === 0
    const victim = isServer ? 'server' : (CLIENTS[pickIndex(this.#random, CLIENTS.length)] as string)
    this.victims.push(victim)
    if (isServer) {
      await this.octopus.server.die()
      this.recoveries.push(await this.#recover())
    } else {
      await this.octopus.clients.get(victim)?.die()
      this.octopus.startClient(victim, undefined, CLIENT_FLAGS)
    }
  }

  async #recover(): Promise<Recovery> {
    const fences = this.truth.starts().map(({ fence }) => fence)
    const before = Math.max(0, ...fences)
    const begun = performance.now()
    const begunAt = Date.now()
    const listening = this.octopus.startAgain()
    const readyMs = await this.#ready(begun)
    const processorMs = processorMsOf(this.octopus.server.pid)
    await listening
    const first = await this.truth.eventually(
      (lines) => lines.find(({ event, fence, at }) => event === 'start' && fence > before && at > begunAt + readyMs),
      RECOVERY_MS_MAX,
    )
    return { readyMs, handOverMs: first.at - begunAt, processorMs }
  }

  async #ready(begun: number): Promise<number> {
    while (performance.now() - begun < RECOVERY_MS_MAX) {
      const answer = await fetch(`${this.octopus.url}/readyz`).catch(() => undefined)
      await answer?.body?.cancel()
      if (answer?.ok) return Math.round(performance.now() - begun)
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }
    throw new Error(`not ready within ${RECOVERY_MS_MAX} ms`)
  }

  /** Posts tasks of every kind, one after the other, and remembers those that the server took. */
  async #submitUntil(signal: AbortSignal): Promise<void> {
    const choices = createSeededRandom(this.#seed + 1)
    while (!signal.aborted) {
      // A server that is away refuses at once; and this is load, not a flood.
      const stats = await this.octopus.api.get('/stats').catch(() => undefined)
      if (stats?.executions.queued < QUEUED_MAX) {
        const made = await this.octopus.task(this.#wishOf(choices)).catch(() => undefined)
        if (made) this.#acknowledged.push(made.id)
      }
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  #wishOf(choices: Random): Json {
    const knobs = { ground_truth: this.truth.path, run_for_ms: pickIndex(choices, 1_500) }
    const owner = ['anyone', 'anyone', 'anyone', 'user', 'all'][pickIndex(choices, 5)] as string
    return {
      plugin: 'probe',
      kwargs: knobs,
      owner,
      timeoutSeconds: 30,
      deadlineSeconds: 600,
      ...(owner === 'user' ? { user: 'alice' } : {}),
    }
  }

  async #somethingHappens(): Promise<void> {
    const before = this.truth.lines().length
    const lines = 1 + pickIndex(this.#random, LINES_MAX)
    await this.truth.eventually((all) => all.length >= before + lines, PATIENCE_MS).catch(() => {})
  }

  async #settled(): Promise<void> {
    const isSettled = async (): Promise<boolean> => {
      const { executions } = await this.octopus.api.get('/stats')
      return executions.queued + executions.assigned + executions.running === 0
    }
    await this.octopus.api.eventually('executions,stats', isSettled, SETTLED_MS).catch(async (error: unknown) => {
      const moving = await Promise.all(MOVING.map((state) => this.octopus.api.all(`/executions?state=${state}`)))
      throw new Error(`not settled: ${JSON.stringify(moving.flat(), null, 1)}`, { cause: error })
    })
  }

  #runnersWithoutClient(): readonly Survivor[] {
    const alive = [...this.octopus.clients.values()].map(({ pid }) => pid)
    const all = processesNaming([`${this.octopus.folder}/clients/`])
    if (process.platform === 'linux') assert.ok(all.length >= CLIENTS.length, 'the look at processes is blind')
    return orphansOf(all, alive)
  }

  /** What succeeded was started and ended; what was never started did not. */
  #agreesWithTruth(executions: readonly Json[]): void {
    const ended = new Set(this.truth.ends().map(({ execution }) => execution))
    const started = new Set(this.truth.starts().map(({ execution }) => execution))
    const unfounded = executions.filter(({ id, state }) => state === 'succeeded' && !ended.has(id))
    assert.deepEqual(unfounded, [], 'called succeeded, and never ended')
    const ids = new Set(executions.map(({ id }) => id))
    assert.deepEqual(
      [...started].filter((id) => !ids.has(id)),
      [],
      'started, and unknown to the server',
    )
  }
}

/** The system counts in hundredths of a second: user time is the 14th value of the line, system time the 15th. */
function processorMsOf(pid: number): number {
  const values = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(values[11]) + Number(values[12])) * 10
}

/** How executions ended, and how often. */
export function endsOf(executions: readonly Json[]): string {
  const groups = Map.groupBy(executions, ({ state, reason }) => `${state} ${reason ?? ''}`.trim())
  return [...groups].map(([what, all]) => `${what}: ${all.length}`).join(', ')
}
