import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { createSeededRandom, pickIndex, type Random } from '@octopus/kit/random.ts'

import type { Json } from './harness/api.ts'
import { DatabaseCopy } from './harness/database.ts'
import type { GroundTruth } from './harness/ground-truth.ts'
import { orphansOf, processesNaming } from './harness/leaks.ts'
import { Octopus } from './harness/octopus.ts'

const SEED = Number(process.env['SEED'] ?? 20261123)
const KILLS = 50
const CLIENTS = ['one', 'two', 'three', 'alice-pc']
const CLIENT_FLAGS = ['--heartbeat-interval', '1', '--slots', '4']
/** Between two kills so many lines are written by plugins: the next one hits work that goes on. */
const LINES_MAX = 12
/** With everything down, nothing is written; then the next kill comes anyway. */
const PATIENCE_MS = 1_500
/** Within this time after the last restart everything has ended, or shows when it will. */
const SETTLED_MS = 60_000
const FINAL = new Set(['succeeded', 'failed', 'timed-out', 'cancelled', 'expired', 'lost', 'skipped'])

describe(`50 kills at random, seed ${SEED}`, () => {
  const random = createSeededRandom(SEED)
  const acknowledged: string[] = []
  let octopus: Octopus
  let truth: GroundTruth

  before(async () => {
    octopus = await Octopus.start(['--hold-seconds', '45'])
    truth = octopus.truth('kills')
    await octopus.publishSample('probe')
    await octopus.startClients(CLIENTS.slice(0, 3), CLIENT_FLAGS)
    await octopus.startClientOf('alice', 'alice-pc', CLIENT_FLAGS)
  })
  after(() => octopus[Symbol.asyncDispose]())

  it('lose no task that was acknowledged, and start nothing twice', async (t) => {
    const stop = new AbortController()
    const load = submitUntil(stop.signal)
    const victims: string[] = []
    for (let n = 0; n < KILLS; n++) {
      await somethingHappens()
      // The server in every third case: it is the one that holds the promises.
      const victim = pickIndex(random, 3) === 0 ? 'server' : (CLIENTS[pickIndex(random, CLIENTS.length)] as string)
      victims.push(victim)
      if (victim === 'server') {
        await octopus.server.die()
        await octopus.startAgain()
      } else {
        await octopus.clients.get(victim)?.die()
        octopus.startClient(victim, undefined, CLIENT_FLAGS)
      }
    }
    stop.abort()
    await load
    const lastRestartAt = performance.now()
    for (const client of CLIENTS) await octopus.presence(client, 'online')
    assert.deepEqual(runnersWithoutClient(), [], 'a runner of a killed client lives on')

    const left = await octopus.api.eventually(
      'executions,stats',
      async () => {
        const { executions } = await octopus.api.get('/stats')
        if (executions.queued + executions.assigned + executions.running > 0) return undefined
        return octopus.api.all('/executions?state=disconnected')
      },
      SETTLED_MS,
    )
    const settledMs = Math.round(performance.now() - lastRestartAt)
    for (const execution of left) assert.ok(execution.endsAtLatest !== null, `${execution.id} has no end in sight`)

    const executions = await octopus.api.all('/executions')
    const counts = [...Map.groupBy(executions, ({ state, reason }) => `${state} ${reason ?? ''}`)].map(
      ([what, all]) => `${what}: ${all.length}`,
    )
    const servers = victims.filter((victim) => victim === 'server').length
    t.diagnostic(
      `${servers} kills of the server, ${KILLS - servers} of clients, ${acknowledged.length} tasks acknowledged`,
    )
    t.diagnostic(`settled ${settledMs} ms after the last restart; ${counts.join(', ')}`)
    assert.ok(acknowledged.length > KILLS, 'there was hardly any load')

    for (const id of acknowledged) {
      const own = executions.filter(({ task }) => task.id === id)
      const open = own.filter(({ state }) => !FINAL.has(state))
      const task = await octopus.api.get(`/tasks/${id}`)
      if (open.length === 0) assert.equal(task.status, 'completed', `task ${id} has ended and is ${task.status}`)
      else assert.deepEqual(new Set(open.map(({ state }) => state)), new Set(['disconnected']))
      assert.equal(task.counts.total, own.length)
    }
    assert.deepEqual(truth.startedTwice(), [])
    agreesWithTruth(executions)
  })

  it('leave a sound database with exactly one result for every attempt that was started', async () => {
    await octopus.server.stop()
    using copy = new DatabaseCopy(octopus.serverFolder)
    copy.assertSound()
    const results =
      copy.rows(`select id as execution, result_fence as fence from execution where result_fence is not null
      union all select execution_id, fence from late_result`)
    const known = new Map(
      [...Map.groupBy(results, (row) => `${String(row['execution'])} ${String(row['fence'])}`)].map(([key, all]) => [
        key,
        all.length,
      ]),
    )
    const open = new Set(copy.rows(`select id from execution where ends_at_latest is not null`).map((row) => row['id']))
    const starts = truth.starts().filter(({ execution }) => !open.has(execution))
    assert.ok(starts.length > 0)
    const wrong = starts.filter(({ execution, fence }) => known.get(`${execution} ${fence}`) !== 1)
    assert.deepEqual(wrong, [])
    await octopus.startAgain()
  })

  /** Posts tasks of every kind, one after the other, and remembers those that the server took. */
  async function submitUntil(signal: AbortSignal): Promise<void> {
    const choices = createSeededRandom(SEED + 1)
    while (!signal.aborted) {
      const made = await octopus.task(wishOf(choices)).catch(() => undefined)
      if (made) acknowledged.push(made.id)
      // A server that is away refuses at once; and this is load, not a flood.
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  function wishOf(choices: Random): Json {
    const knobs = { ground_truth: truth.path, run_for_ms: pickIndex(choices, 1_500) }
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

  async function somethingHappens(): Promise<void> {
    const before = truth.lines().length
    const lines = 1 + pickIndex(random, LINES_MAX)
    await truth.eventually((all) => all.length >= before + lines, PATIENCE_MS).catch(() => {})
  }

  function runnersWithoutClient(): readonly Json[] {
    const alive = [...octopus.clients.values()].map(({ pid }) => pid)
    const all = processesNaming([`${octopus.folder}/clients/`])
    if (process.platform === 'linux') assert.ok(all.length >= CLIENTS.length, 'the look at processes is blind')
    return orphansOf(all, alive)
  }

  /** What succeeded was started and ended; what was never started did not. */
  function agreesWithTruth(executions: readonly Json[]): void {
    const ended = new Set(truth.ends().map(({ execution }) => execution))
    const started = new Set(truth.starts().map(({ execution }) => execution))
    const unfounded = executions.filter(({ id, state }) => state === 'succeeded' && !ended.has(id))
    assert.deepEqual(unfounded, [], 'called succeeded, and never ended')
    const ids = new Set(executions.map(({ id }) => id))
    assert.deepEqual(
      [...started].filter((id) => !ids.has(id)),
      [],
      'started, and unknown to the server',
    )
  }
})
