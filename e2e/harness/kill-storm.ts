import assert from 'node:assert/strict'

import { createSeededRandom, pickIndex, type Random } from '@octopus/kit/random.ts'
import { FINAL_STATES } from '@octopus/protocol/work.ts'

import type { Json } from './api.ts'
import { DatabaseCopy } from './database.ts'
import type { GroundTruth } from './ground-truth.ts'
import { growHistory, type History } from './history.ts'
import { nothingOfKilledClients } from './left-over.ts'
import { Octopus } from './octopus.ts'
import { recover, type Recovery } from './recovery.ts'

const CLIENTS = ['one', 'two', 'three', 'alice-pc']
const CLIENT_FLAGS = ['--heartbeat-interval', '1', '--slots', '4']
const SERVER_FLAGS = ['--hold-seconds', '45']
/** Between two kills so many lines are written by plugins: the next one hits work that goes on. */
const LINES_MAX = 12
/** More than the clients can do until the next kill is no better a load. */
const QUEUED_MAX = 20
/** With everything down, nothing is written; then the next kill comes anyway. */
const PATIENCE_MS = 1_500
/** What is not handed over by then never will be. */
const HAND_OVER_MS_MAX = 60_000
/** Within this time after the last restart everything has ended: all clients are back, and say what they have. */
const SETTLED_MS = 60_000
/** A task that is due so often, all the time, and makes up for what it missed. */
const DUE_EVERY_MS = 3_000
/** Of this length, what is cancelled as soon as it was ordered has not ended by itself. */
const CANCELLED_MS = 20_000
const OPEN = ['queued', 'assigned', 'running', 'disconnected'] as const
const FINAL: ReadonlySet<string> = new Set(FINAL_STATES)

export interface StormRecovery extends Recovery {
  /** The first start, in ground truth, of something that was handed over after the start of the server's process. */
  readonly handOverMs: number
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
  readonly recoveries: StormRecovery[] = []
  readonly #seed: number
  readonly #random: Random
  readonly #acknowledged: string[] = []
  /** Tasks whose cancelling the server has confirmed. */
  readonly #cancelled: string[] = []
  readonly #since: string
  #schedule: Json

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
    const storm = new KillStorm(octopus, seed)
    await storm.#makeSchedule()
    return storm
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
    await this.#endSchedule()
    await nothingOfKilledClients(this.octopus)
    await this.#settled()
    const settledMs = Math.round(performance.now() - begun)
    const executions = await this.octopus.api.all(`/executions?from=${this.#since}`)
    return { acknowledged: this.#acknowledged, executions, settledMs }
  }

  /** Every task that the server took has ended, nothing was started twice, no due time was missed; truth and store agree. */
  async assertNothingLost({ acknowledged, executions }: StormEnd): Promise<void> {
    const byTask = Map.groupBy(executions, ({ task }) => task.id)
    for (const id of acknowledged) {
      const own = byTask.get(id) ?? []
      const open = own.filter(({ state }) => !FINAL.has(state))
      assert.deepEqual(open, [], 'everybody is back, and this is open')
      const task = await this.octopus.api.get(`/tasks/${id}`)
      assert.equal(task.status, 'completed', `task ${id} has ended and is ${task.status}`)
      assert.equal(task.counts.total, own.length)
    }
    assert.deepEqual(this.truth.startedTwice(), [])
    this.#agreesWithTruth(executions)
    this.#cancelledStaySo(byTask)
    await this.#everyDueTimeOnce()
  }

  /** The server is stopped: its database is sound, and has exactly one result for every attempt that was started. */
  assertOneResultEach(): void {
    using copy = new DatabaseCopy(this.octopus.serverFolder)
    copy.assertSound()
    const known = new Map(copy.results().map(({ execution, fence, count }) => [`${execution} ${fence}`, count]))
    assert.deepEqual(copy.rows(`select id, state from execution where ends_at_latest is not null`), [])
    const starts = this.truth.starts()
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

  async #recover(): Promise<StormRecovery> {
    const fences = this.truth.starts().map(({ fence }) => fence)
    const before = Math.max(0, ...fences)
    const begunAt = Date.now()
    const recovery = await recover(this.octopus)
    const readyAt = begunAt + recovery.readyMs
    const first = await this.truth.eventually(
      (lines) => lines.find(({ event, fence, at }) => event === 'start' && fence > before && at > readyAt),
      HAND_OVER_MS_MAX,
    )
    return { ...recovery, handOverMs: first.at - begunAt }
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
        if (made?.kwargs.run_for_ms === CANCELLED_MS) await this.#cancel(made.id)
      }
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  async #cancel(task: string): Promise<void> {
    const done = await this.octopus.api.post(`/tasks/${task}/cancel`).catch(() => undefined)
    if (done) this.#cancelled.push(task)
  }

  #wishOf(choices: Random): Json {
    const knobs = { ground_truth: this.truth.path, run_for_ms: pickIndex(choices, 1_500) }
    const owner = ['anyone', 'anyone', 'anyone', 'user', 'all'][pickIndex(choices, 5)] as string
    const wish = {
      plugin: 'probe',
      kwargs: knobs,
      owner,
      timeoutSeconds: 30,
      deadlineSeconds: 600,
      ...(owner === 'user' ? { user: 'alice' } : {}),
    }
    const retry = { maxAttempts: 3, backoffSeconds: 0, on: ['failed', 'lost'] }
    const kind = pickIndex(choices, 10)
    if (kind === 0) return { ...wish, retry, kwargs: { ...knobs, fail: 'on purpose' } }
    if (kind === 1) return { ...wish, kwargs: { ...knobs, run_for_ms: CANCELLED_MS } }
    return kind < 5 ? { ...wish, retry } : wish
  }

  /** Due all the time, also while the server is away. */
  async #makeSchedule(): Promise<void> {
    this.#schedule = await this.octopus.task({
      plugin: 'probe',
      kwargs: { ground_truth: this.truth.path },
      type: 'scheduled',
      intervalSeconds: DUE_EVERY_MS / 1_000,
      catchUp: 'all',
      overlap: 'allow',
      deadlineSeconds: 600,
    })
  }

  /** Once it has made up for the last outage: what is paused makes up for nothing. */
  async #endSchedule(): Promise<void> {
    const { id } = this.#schedule
    const now = Date.now()
    await this.octopus.api.eventually(`task:${id},executions`, async () => {
      const { items } = await this.octopus.api.get(`/tasks/${id}/runs?limit=1`)
      return items.length > 0 && Date.parse(items[0].dueAt) > now
    })
    await this.octopus.api.post(`/tasks/${id}/pause`)
  }

  async #everyDueTimeOnce(): Promise<void> {
    const runs = await this.octopus.api.all(`/tasks/${this.#schedule.id}/runs`)
    const due = runs.map(({ dueAt }) => Date.parse(dueAt)).toSorted((one, other) => one - other)
    assert.ok(due.length > 1, 'nothing was due')
    const first = Date.parse(this.#schedule.startAt)
    assert.deepEqual(
      due,
      due.map((_, k) => first + k * DUE_EVERY_MS),
      'a due time has no run, or two',
    )
  }

  /** It was not at its end, so there is no other one that really happened. */
  #cancelledStaySo(byTask: ReadonlyMap<string, readonly Json[]>): void {
    assert.ok(this.#cancelled.length > 0, 'nothing was cancelled')
    const executions = this.#cancelled.flatMap((task) => byTask.get(task) ?? [])
    assert.deepEqual(
      executions.filter(({ state }) => state !== 'cancelled' && state !== 'lost'),
      [],
      'cancelled, and something else came of it',
    )
  }

  async #somethingHappens(): Promise<void> {
    const before = this.truth.lines().length
    const lines = 1 + pickIndex(this.#random, LINES_MAX)
    await this.truth.eventually((all) => all.length >= before + lines, PATIENCE_MS).catch(() => {})
  }

  async #settled(): Promise<void> {
    const isSettled = async (): Promise<boolean> => {
      const { executions } = await this.octopus.api.get('/stats')
      return OPEN.every((state) => executions[state] === 0)
    }
    await this.octopus.api.eventually('executions,stats', isSettled, SETTLED_MS).catch(async (error: unknown) => {
      const moving = await Promise.all(OPEN.map((state) => this.octopus.api.all(`/executions?state=${state}`)))
      throw new Error(`not settled: ${JSON.stringify(moving.flat(), null, 1)}`, { cause: error })
    })
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

/** How executions ended, and how often. */
export function endsOf(executions: readonly Json[]): string {
  const groups = Map.groupBy(executions, ({ state, reason }) => `${state} ${reason ?? ''}`.trim())
  return [...groups].map(([what, all]) => `${what}: ${all.length}`).join(', ')
}
