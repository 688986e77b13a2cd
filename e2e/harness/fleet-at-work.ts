import assert from 'node:assert/strict'

import type { Json } from './api.ts'
import type { GroundTruth } from './ground-truth.ts'
import type { Octopus } from './octopus.ts'

/** Enough of them that losing all is a mass: see VANISHED_MIN of the brake. */
const CLIENTS = ['pc-1', 'pc-2', 'pc-3', 'pc-4', 'pc-5']
const FLAGS = ['--heartbeat-interval', '1', '--slots', '4']

/** Clients that all run something for anyone, and something for all, when the server falls silent. */
export class FleetAtWork {
  readonly octopus: Octopus
  readonly truth: GroundTruth
  readonly #tasks: string[] = []

  private constructor(octopus: Octopus) {
    this.octopus = octopus
    this.truth = octopus.truth('fleet')
  }

  static async gather(octopus: Octopus): Promise<FleetAtWork> {
    await octopus.publishSample('probe')
    await octopus.startClients(CLIENTS, FLAGS)
    return new FleetAtWork(octopus)
  }

  /** A task for all and one for anyone for each of them; resolves when all of it runs. */
  async begin(runForMs: number, wish: Json = {}): Promise<void> {
    const before = this.truth.starts().length
    const shared = { plugin: 'probe', kwargs: { run_for_ms: runForMs, ground_truth: this.truth.path }, ...wish }
    this.#tasks.length = 0
    this.#tasks.push((await this.octopus.task({ ...shared, owner: 'all', onDisconnect: 'continue' })).id)
    for (const _ of CLIENTS) this.#tasks.push((await this.octopus.task(shared)).id)
    await this.truth.eventually((lines) => {
      const starts = lines.filter(({ event }) => event === 'start').length
      return starts >= before + 2 * CLIENTS.length
    })
  }

  /** Waits until all of it has ended, and answers the executions: of the task for all, and of those for anyone. */
  async ended(timeoutMs?: number): Promise<{ readonly all: readonly Json[]; readonly anyone: readonly Json[] }> {
    const [forAll = '', ...forAnyone] = this.#tasks
    for (const task of this.#tasks) await this.octopus.completed(task, timeoutMs)
    const anyone = await Promise.all(forAnyone.map((task) => this.octopus.executionsOf(task)))
    return { all: await this.octopus.executionsOf(forAll), anyone: anyone.flat() }
  }

  /** No attempt was started twice, and none while another of its execution had not ended or been killed. */
  assertStarts(attempts: number): void {
    assert.deepEqual(this.truth.startedTwice(), [])
    const groups = Map.groupBy(this.truth.starts(), ({ execution }) => execution)
    const tooMany = [...groups].filter(([, starts]) => starts.length > attempts)
    assert.deepEqual(tooMany, [])
  }
}
