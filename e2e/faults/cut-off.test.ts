import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'

import type { Json } from '#e2e/harness/api.ts'
import { DatabaseCopy } from '#e2e/harness/database.ts'
import type { GroundTruth, TruthLine } from '#e2e/harness/ground-truth.ts'
import { pidGone, processesNaming } from '#e2e/harness/leaks.ts'
import { type Cut, Network, whyNoNetworks } from '#e2e/harness/network.ts'
import { Octopus } from '#e2e/harness/octopus.ts'

const LONG_MS = 600_000
/** The shortest that is allowed. */
const HOLD_SECONDS = 45
const HEARTBEAT_MS = 1_000
/** What the machine itself may add to any time: two cores that much runs on. */
const SLACK_MS = 2_000
/** Of the server's own rule: 1.02 × hold + 5 s after the last heartbeat that it received. */
const HANDED_OVER_MS_MIN = HOLD_SECONDS * 1_000
const WAKES_TO_STOP_MS_MAX = 15_000
/** Safe to run twice: handed to somebody else when the hold has ended. */
const RETRY = { maxAttempts: 2, backoffSeconds: 0, on: ['lost'] }

const alone = { concurrency: false }
const inNetworks = { ...alone, skip: whyNoNetworks() }

// Two holds are waited for, side by side; between them fewer clients vanish than the brake goes on for.
describe('a client that is out of contact beyond hold', { concurrency: true }, () => {
  describe('because the network is cut, or the client alone hangs', inNetworks, () => {
    const CUTS: Readonly<Record<string, Cut>> = { deaf: 'to-client', mute: 'to-server', gone: 'both-ways' }
    const holders = [...Object.keys(CUTS), 'hung']
    const tasks = new Map<string, Json>()
    const cutAt = new Map<string, number>()
    const linesAtCut = new Map<string, number>()
    let network: Network
    let octopus: Octopus
    let truth: GroundTruth

    before(async () => {
      network = await Network.start()
      octopus = await Octopus.start([...network.serverFlags, '--hold-seconds', `${HOLD_SECONDS}`], network.serverSide)
      truth = octopus.truth('cut-off')
      await octopus.publishSample('probe')
      // One after the other: who has just come is the only one with a free slot.
      for (const name of holders) {
        await join(name, '1')
        const kwargs = { run_for_ms: LONG_MS, ground_truth: truth.path, ignore_signals: true }
        const task = await octopus.task({ plugin: 'probe', kwargs, retry: RETRY })
        const { client, id } = await octopus.inState(task.id, ['running'])
        assert.equal(client.name, name)
        tasks.set(name, { task: task.id, execution: id, first: await truth.started(id) })
      }
      for (const name of ['taker', 'other-taker']) await join(name, '2')
      for (const [name, direction] of Object.entries(CUTS)) {
        linesAtCut.set(name, octopus.clients.get(name)?.lines.length ?? 0)
        network.cut(name, direction)
        cutAt.set(name, performance.now())
      }
      octopus.clients.get('hung')?.kill('SIGSTOP')
      cutAt.set('hung', performance.now())
    })
    after(async () => {
      octopus.clients.get('hung')?.kill('SIGCONT')
      network.healAll()
      await octopus[Symbol.asyncDispose]()
      await network[Symbol.asyncDispose]()
    })

    const since = (name: string): number => performance.now() - (cutAt.get(name) as number)
    const join = async (name: string, slots: string): Promise<void> => {
      const flags = ['--heartbeat-interval', `${HEARTBEAT_MS / 1_000}`, '--slots', slots]
      octopus.startClient(name, await octopus.enrollmentToken(), flags, await network.clientSide(name))
      await octopus.presence(name, 'online')
    }

    describe('each for itself', { concurrency: true }, () => {
      for (const [name, direction] of Object.entries(CUTS)) {
        it(`is noticed at both ends within three heartbeats, without an error of the network: cut ${direction}`, async (t) => {
          const client = octopus.clients.get(name)
          const [serverMs, clientMs] = await Promise.all([
            octopus.presence(name, 'offline').then(() => since(name)),
            client?.line(/"event":"session-ended"/, linesAtCut.get(name)).then(() => since(name)),
          ])
          t.diagnostic(`server ${Math.round(serverMs)} ms, client ${Math.round(clientMs ?? NaN)} ms after the cut`)
          assert.ok((clientMs ?? Infinity) < 3 * HEARTBEAT_MS + SLACK_MS)
          // A client that can still speak is heard until it falls silent itself.
          assert.ok(serverMs < (direction === 'to-client' ? 6 : 3) * HEARTBEAT_MS + SLACK_MS)
        })
      }

      for (const name of holders) {
        const what = CUTS[name] === undefined ? 'client stopped alone' : `cut ${CUTS[name]}`
        it(`has stopped what anyone may do before another starts it: ${what}`, (t) => stoppedFirst(t, name))
      }
    })

    it('comes back when the network does, and its results are late', async () => {
      octopus.clients.get('hung')?.kill('SIGCONT')
      network.healAll()
      for (const name of holders) {
        const execution: string = tasks.get(name).execution
        const found = await octopus.api.eventually(`execution:${execution},executions,clients`, async () => {
          const one = await octopus.api.get(`/executions/${execution}`)
          return one.lateResults.length > 0 && one
        })
        assert.equal(found.lateResults.length, 1)
        assert.deepEqual([found.state, found.attempt], ['running', 2])
      }
      assert.deepEqual(truth.startedTwice(), [])
      assert.equal(truth.starts().length, 2 * holders.length)
    })

    async function stoppedFirst(t: TestContext, name: string): Promise<void> {
      const { execution, first } = tasks.get(name) as { execution: string; first: TruthLine }
      const goneAt = pidGone(first.pid, LONG_MS).then(() => Date.now())
      const second = await truth.eventually((lines) => startOf(lines, execution, 2), 2 * HOLD_SECONDS * 1_000)
      const startedMs = since(name)
      assert.ok(await pidGone(first.pid, 0), 'another has started it, and the first one still runs')
      const aheadMs = second.at - (await goneAt)
      const stoppedMs = startedMs - aheadMs
      t.diagnostic(
        `stopped ${Math.round(stoppedMs)} ms and started elsewhere ${Math.round(startedMs)} ms after the cut`,
      )
      assert.ok(aheadMs > 0, `started ${-aheadMs} ms before the first one was gone`)
      assert.ok(stoppedMs < HOLD_SECONDS * 1_000, `it was stopped only after ${stoppedMs} ms`)
      assert.ok(startedMs > HANDED_OVER_MS_MIN, `handed over within hold, after ${startedMs} ms`)
      assert.ok(second.fence > first.fence)
    }
  })

  describe('because the whole PC sleeps, with old messages in the buffer of its socket', alone, () => {
    let octopus: Octopus
    let truth: GroundTruth
    let asleep: readonly number[] = []
    let running: Json
    let first: TruthLine
    let buffered: readonly { readonly task: string; readonly execution: string; readonly fence: number }[]

    before(async () => {
      octopus = await Octopus.start(['--hold-seconds', `${HOLD_SECONDS}`])
      truth = octopus.truth('sleep')
      await octopus.publishSample('probe')
      // The longest interval that so short a hold allows: time to hand work to a PC that has just fallen asleep.
      await octopus.startClients(['sleeper'], ['--heartbeat-interval', '5', '--slots', '4'])
      const kwargs = { run_for_ms: LONG_MS, ground_truth: truth.path, ignore_signals: true }
      running = await octopus.task({ plugin: 'probe', kwargs, retry: RETRY })
      const { id } = await octopus.inState(running.id, ['running'])
      first = await truth.started(id)
      // A second runner waits warm: with it, what is started needs no time.
      await octopus.run({ plugin: 'probe' })
      asleep = processesNaming([octopus.stateFolder('sleeper')]).map(({ pid }) => pid)
      assert.ok(asleep.includes(octopus.clients.get('sleeper')?.pid ?? 0) && asleep.includes(first.pid))
      for (const pid of asleep) process.kill(pid, 'SIGSTOP')
      const wishes = [{ owner: 'anyone', retry: RETRY }, { owner: 'all' }]
      buffered = await Promise.all(wishes.map(handOut))
    })
    after(async () => {
      for (const pid of asleep) quietly(() => process.kill(pid, 'SIGCONT'))
      await octopus[Symbol.asyncDispose]()
    })

    /** Into the buffer: the sleeper is the only client, and the server does not know yet that it sleeps. */
    const handOut = async (wish: Json): Promise<{ task: string; execution: string; fence: number }> => {
      const kwargs = { run_for_ms: 100, ground_truth: truth.path }
      const task = await octopus.task({ plugin: 'probe', kwargs, ...wish })
      const { id, state, client } = await octopus.inState(task.id, ['assigned', 'disconnected'])
      assert.deepEqual([state, client.name], ['assigned', 'sleeper'])
      return { task: task.id, execution: id, fence: await fenceOf(id) }
    }

    it('starts nothing of them when it wakes, is rid of its plugin within 15 s, and the result is late', async (t) => {
      await octopus.startClients(['taker'], ['--heartbeat-interval', '5', '--slots', '4'])
      const second = await truth.eventually((lines) => startOf(lines, first.execution, 2), 2 * HOLD_SECONDS * 1_000)
      assert.ok(second.fence > first.fence)
      assert.equal(await pidGone(first.pid, 0), false, 'it sleeps: this is the overlap that only fences can tell')
      const startsAsleep = truth.starts().length
      const wokeAt = performance.now()
      // Who wakes first may have ended the others before their turn comes.
      for (const pid of asleep) quietly(() => process.kill(pid, 'SIGCONT'))
      assert.ok(await pidGone(first.pid, WAKES_TO_STOP_MS_MAX), 'its plugin runs on after it woke')
      t.diagnostic(`the plugin was gone ${Math.round(performance.now() - wokeAt)} ms after the PC woke`)
      const found = await octopus.api.eventually(`execution:${first.execution},executions,clients`, async () => {
        const one = await octopus.api.get(`/executions/${first.execution}`)
        // That the other one has started is on its way, too: nobody knows which word comes first.
        return one.lateResults.length > 0 && one.state !== 'assigned' && one
      })
      assert.deepEqual([found.state, found.attempt, found.lateResults.length], ['running', 2, 1])
      for (const { task, execution, fence } of buffered) {
        await octopus.completed(task)
        const starts = truth.starts().filter((line) => line.execution === execution)
        assert.equal(starts.length, 1)
        assert.ok((starts[0]?.fence ?? 0) > fence, 'it was started as it lay in the buffer')
      }
      t.diagnostic(`${startsAsleep} starts before it woke, ${truth.starts().length} in all`)
      assert.deepEqual(truth.startedTwice(), [])
    })

    /** Read while the server runs: beside it, as anybody may who has the rights to the file. */
    async function fenceOf(execution: string): Promise<number> {
      using copy = new DatabaseCopy(octopus.serverFolder)
      const [row] = copy.rows('select fence from execution where id = ?', execution)
      return Number(row?.['fence'])
    }
  })
})

function startOf(lines: readonly TruthLine[], execution: string, attempt: number): TruthLine | undefined {
  return lines.find((line) => line.event === 'start' && line.execution === execution && line.attempt === attempt)
}

function quietly(act: () => unknown): void {
  try {
    act()
  } catch {
    // It has gone.
  }
}
