import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { FINAL_STATES } from '@octopus/protocol/work.ts'

import { type Api, ApiError, type Json } from './api.ts'
import { DatabaseCopy } from './database.ts'
import type { GroundTruth } from './ground-truth.ts'
import type { Octopus } from './octopus.ts'
import { ROOT } from './process.ts'

const FLAGS = ['--heartbeat-interval', '1', '--slots', '4']
/** Who was away is asked again until then. */
const PATIENCE_MS = 60_000
const LOOK_MS = 50
const PRINTED_BYTES = 5_000
const CLIENTS = ['one', 'alice-pc']
const FINAL: ReadonlySet<string> = new Set(FINAL_STATES)
const PROBE = readFileSync(join(ROOT, 'plugins/probe.py'), 'utf8')

/** A task of the scenario, and what must have become of it, whatever died meanwhile. */
interface Part {
  readonly wish: Json
  /** States of its executions; a scheduled task has its runs. */
  readonly ends: readonly string[]
}

/**
 * The same acts, again and again: tasks of each owner, a retry, a cancel, a schedule, a new version of a plugin. Every
 * act is repeated with the same idempotency key until the server has answered it.
 */
export class FixedScenario {
  readonly octopus: Octopus
  readonly truth: GroundTruth
  #round = 0
  /** Of the current round: what the server has acknowledged, by the name of the part. */
  #tasks = new Map<string, string>()

  private constructor(octopus: Octopus) {
    this.octopus = octopus
    this.truth = octopus.truth('scenario')
  }

  static async prepare(octopus: Octopus): Promise<FixedScenario> {
    const scenario = new FixedScenario(octopus)
    await octopus.publish('probe', PROBE)
    await octopus.startClients(CLIENTS.slice(0, 1), FLAGS)
    await octopus.startClientOf('alice', 'alice-pc', FLAGS)
    return scenario
  }

  get clientFlags(): readonly string[] {
    return FLAGS
  }

  /** Acts, and waits until everything has ended. Whoever dies meanwhile is brought back by the caller. */
  async act(): Promise<void> {
    this.#round += 1
    this.#tasks = new Map()
    const parts = this.#parts()
    for (const [name, { wish }] of Object.entries(parts)) {
      if (name === 'new version') await this.#publish()
      const made = await said(() => this.#api.post('/tasks', wish, this.#key(name)))
      this.#tasks.set(name, made.id)
      if (name === 'cancelled') await this.#cancelOnceStarted(made.id)
    }
    for (const id of this.#tasks.values()) await this.octopus.completed(id, PATIENCE_MS)
  }

  /** Every task has ended as it must; or was lost at the client that was killed, which says so as it starts again. */
  async assertEnds(killed?: string): Promise<readonly Json[]> {
    const parts = this.#parts()
    const all: Json[] = []
    for (const [name, id] of this.#tasks) {
      const executions = await this.octopus.executionsOf(id)
      all.push(...executions)
      const wanted = parts[name]?.ends ?? []
      const ends = executions.map((execution, n) => (wasLostAt(killed, execution) ? wanted[n] : execution.state))
      assert.deepEqual(ends, wanted, `${name}: ${JSON.stringify(executions)}`)
      const states = executions.map(({ state }) => state)
      if (name === 'output' && states[0] === 'succeeded') {
        const output = await said(() => this.octopus.outputOf(executions[0].id))
        assert.equal(output.length, PRINTED_BYTES, 'output is missing, or is there twice')
      }
    }
    assert.deepEqual(this.truth.startedTwice(), [])
    return all
  }

  /** Of a server that has ended: sound, and exactly one result for every start that there ever was. */
  assertStore(): void {
    using copy = new DatabaseCopy(this.octopus.serverFolder)
    copy.assertSound()
    const known = new Map(copy.results().map(({ execution, fence, count }) => [`${execution} ${fence}`, count]))
    const starts = this.truth.starts()
    assert.ok(starts.length > 0)
    const wrong = starts.filter(({ execution, fence }) => known.get(`${execution} ${fence}`) !== 1)
    assert.deepEqual(wrong, [], 'a start without exactly one result')
  }

  get #api(): Api {
    return this.octopus.api
  }

  #key(name: string): string {
    return `${name.replaceAll(' ', '-')}-${this.#round}`
  }

  #parts(): Readonly<Record<string, Part>> {
    const kwargs = { ground_truth: this.truth.path, value: this.#round }
    const shared = { plugin: 'probe', owner: 'anyone', type: 'ad-hoc', kwargs, timeoutSeconds: 60 }
    return {
      anyone: { wish: shared, ends: ['succeeded'] },
      cancelled: { wish: { ...shared, kwargs: { ...kwargs, run_for_ms: 60_000 } }, ends: ['cancelled'] },
      all: { wish: { ...shared, owner: 'all' }, ends: ['succeeded', 'succeeded'] },
      user: { wish: { ...shared, owner: 'user', user: 'alice' }, ends: ['succeeded'] },
      retried: {
        wish: {
          ...shared,
          kwargs: { ...kwargs, fail: 'on purpose' },
          retry: { maxAttempts: 2, backoffSeconds: 0, on: ['failed'] },
        },
        ends: ['failed'],
      },
      output: { wish: { ...shared, kwargs: { ...kwargs, print_bytes: PRINTED_BYTES } }, ends: ['succeeded'] },
      'new version': { wish: shared, ends: ['succeeded'] },
    }
  }

  async #publish(): Promise<void> {
    await said(() => this.octopus.publish('probe', `${PROBE}\n# ${this.#round}\n`))
  }

  /** What a dying client had not begun never starts, and ends without us. */
  async #cancelOnceStarted(task: string): Promise<void> {
    for (const begun = performance.now(); performance.now() - begun < PATIENCE_MS; await sleep(LOOK_MS)) {
      const { items } = await said(() => this.#api.get(`/executions?task=${task}`))
      if (FINAL.has(items[0]?.state)) return
      if (!this.truth.starts().some(({ execution }) => execution === items[0]?.id)) continue
      await said(() => this.#api.post(`/executions/${items[0].id}/cancel`, {}))
      return
    }
    throw new Error('nobody has started what shall be cancelled')
  }
}

function wasLostAt(killed: string | undefined, { state, reason, client }: Json): boolean {
  return killed !== undefined && client?.name === killed && state === 'lost' && reason === 'client-restarted'
}

/** Says it until somebody answers: whoever is away comes back. A refusal is an answer. */
async function said<T>(say: () => Promise<T>): Promise<T> {
  const begun = performance.now()
  for (;;) {
    try {
      return await say()
    } catch (error) {
      if (error instanceof ApiError && error.status < 500) throw error
      if (performance.now() - begun > PATIENCE_MS) throw error
      await sleep(LOOK_MS)
    }
  }
}
