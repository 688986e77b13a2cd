import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { createSeededRandom, pickIndex } from '@octopus/kit/random.ts'

import type { Json } from '#e2e/harness/api.ts'
import { counted, COUNTER_SOURCE } from '#e2e/harness/counter-plugin.ts'
import { DatabaseCopy } from '#e2e/harness/database.ts'
import type { GroundTruth } from '#e2e/harness/ground-truth.ts'
import { Line } from '#e2e/harness/line.ts'
import { Octopus } from '#e2e/harness/octopus.ts'

const SEED = Number(process.env['SEED'] ?? 20261124)
const HEARTBEAT = ['--heartbeat-interval', '1']
const RESETS = 20
/** Within this many bytes the next reset comes: in the middle of some frame. */
const RESET_BYTES = 40_000
const LINES = 20_000
/** Arguments of so many executions are more than a server keeps for a client that does not read. */
const LARGE = { tasks: 36, bytes: 250_000 }
/** Longer than presence. */
const STUCK_MS = 5_000

describe(`a rough line, seed ${SEED}`, () => {
  const random = createSeededRandom(SEED)
  const lines: Line[] = []
  let octopus: Octopus
  let truth: GroundTruth

  before(async () => {
    octopus = await Octopus.start()
    truth = octopus.truth('line')
    await octopus.publish('counter', COUNTER_SOURCE)
  })
  after(async () => {
    await octopus[Symbol.asyncDispose]()
    for (const line of lines) await line[Symbol.asyncDispose]()
  })

  /** A user's PC behind a line of its own. */
  const start = async (name: string, flags: readonly string[]): Promise<Line> => {
    const line = await Line.open(octopus.port, random)
    lines.push(line)
    await octopus.startClientOf(`${name}-user`, name, [...HEARTBEAT, ...line.flags, ...flags])
    return line
  }
  const wishFor = (name: string, kwargs: object): Json => ({
    plugin: 'counter',
    owner: 'user',
    user: `${name}-user`,
    kwargs: { ground_truth: truth.path, ...kwargs },
  })
  /** Succeeded at the first attempt, from one start, with one result and all output. */
  const soundly = async (tasks: readonly string[], printed: number, timeoutMs?: number): Promise<void> => {
    for (const task of tasks) {
      await octopus.completed(task, timeoutMs)
      const [execution] = await octopus.executionsOf(task)
      assert.deepEqual([execution.state, execution.attempt, execution.lateResults], ['succeeded', 1, []])
      assert.equal(truth.starts().filter((line) => line.execution === execution.id).length, 1)
      const output = await octopus.api.eventually(`execution:${execution.id}`, async () => {
        const text = await octopus.outputOf(execution.id)
        return text.length >= printed * 10 && [text]
      })
      assert.ok(output[0] === counted(printed), 'the output has a gap or a double')
    }
  }

  describe('beside each other', { concurrency: true }, () => {
    it('that breaks in the middle of frames, again and again, in both directions: nothing is lost, doubled or started twice', async (t) => {
      const line = await start('broken', ['--slots', '4'])
      const tasks: string[] = []
      const breakSoon = (): void => {
        const way = pickIndex(random, 3) === 0 ? line.toClient : line.toServer
        way.resetAfterBytes = 1 + pickIndex(random, way === line.toClient ? RESET_BYTES / 40 : RESET_BYTES)
      }
      for (let n = 0; line.resets < RESETS; n++) {
        if (n % 3 === 0) tasks.push((await octopus.task(wishFor('broken', { lines: LINES, pause_ms: 0.2 }))).id)
        const before = line.resets
        breakSoon()
        await octopus.api.eventually('clients,executions', async () => line.resets > before, 20_000)
      }
      await soundly(tasks, LINES)
      const connections = line.connections
      t.diagnostic(`${line.resets} resets, ${connections} connections, ${tasks.length} executions`)
      assert.ok(connections > RESETS)
    })

    it('that brings one byte at a time', async () => {
      const line = await start('drop-by-drop', ['--slots', '1'])
      line.toClient.pieceBytes = 1
      line.toServer.pieceBytes = 1
      line.bytes = 0
      line.pieces = 0
      const { id } = await octopus.task(wishFor('drop-by-drop', { lines: 2_000 }))
      await soundly([id], 2_000)
      assert.ok(line.bytes > 20_000 && line.pieces === line.bytes, `${line.bytes} bytes in ${line.pieces} pieces`)
    })

    it('on which a client does not read what it is given: it is cut off, and gets it again when it reads', async (t) => {
      const line = await start('full', ['--slots', '36'])
      line.toClient.stuck = true
      const wish = wishFor('full', { ballast: 'x'.repeat(LARGE.bytes) })
      const tasks: string[] = []
      for (let n = 0; n < LARGE.tasks; n++) tasks.push((await octopus.task(wish)).id)
      await octopus.presence('full', 'offline')
      await new Promise((resolve) => setTimeout(resolve, STUCK_MS))
      line.toClient.stuck = false
      const freeAt = performance.now()
      await soundly(tasks, 0)
      t.diagnostic(`${tasks.length} executions done ${Math.round(performance.now() - freeAt)} ms after it read again`)
    })
  })

  it('leaves one result for each start', async () => {
    await octopus.server.stop()
    using copy = new DatabaseCopy(octopus.serverFolder)
    copy.assertSound()
    assert.deepEqual(copy.rows('select * from late_result'), [])
    assert.deepEqual(truth.startedTwice(), [])
  })
})
