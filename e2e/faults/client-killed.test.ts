import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Json } from '#e2e/harness/api.ts'
import { fakeBoot, withoutFakeBoot } from '#e2e/harness/boot-id.ts'
import { DatabaseCopy } from '#e2e/harness/database.ts'
import type { GroundTruth } from '#e2e/harness/ground-truth.ts'
import { pidGone, processesNaming } from '#e2e/harness/leaks.ts'
import { Octopus } from '#e2e/harness/octopus.ts'
import type { Surroundings } from '#e2e/harness/process.ts'
import { type Breaking, strace, withoutStrace } from '#e2e/harness/strace.ts'

const FLAGS = ['--heartbeat-interval', '1']
const FINAL = ['succeeded', 'failed', 'timed-out', 'cancelled', 'expired', 'lost']
const LONG_MS = 600_000
/** `lost` is said by the inventory of a client that is back, long before any time runs out. */
const AT_ONCE_MS = 20_000
const LOOK_MS = 20

/** A daemon that has left group and session, and a plugin that then waits to be killed. */
const BREEDER = `
import os, subprocess, time
def run(path):
    child = subprocess.Popen(["sleep", "600"], start_new_session=True)
    with open(path, "w") as file:
        file.write("%d %d\\n" % (os.getpid(), child.pid))
    time.sleep(600)
`

describe('a client that is killed', () => {
  let octopus: Octopus
  let truth: GroundTruth
  before(async () => {
    octopus = await Octopus.start(['--hold-seconds', '45'])
    truth = octopus.truth('client-killed')
    await octopus.publishSample('probe')
    await octopus.publish('breeder', BREEDER)
    await octopus.startClients(['one'], FLAGS)
  })
  after(() => octopus[Symbol.asyncDispose]())

  const journal = (): string => join(octopus.stateFolder('one'), 'journal')
  const wish = (run_for_ms: number): Json => ({ plugin: 'probe', kwargs: { run_for_ms, ground_truth: truth.path } })

  async function restart(around: Surroundings = {}): Promise<void> {
    const client = octopus.clients.get('one')
    if (client?.isAlive) await client.stop()
    octopus.startClient('one', undefined, FLAGS, around)
  }

  /** Kills it at the second time that it does this to its journal: the first is for the start, the second for the end. */
  async function diesAtTheEnd(calls: Breaking['calls']): Promise<Json> {
    const prefix = strace({ calls, how: 'signal=KILL', when: '2', paths: [journal()] })
    await restart({ prefix, env: { UV_THREADPOOL_SIZE: '1' } })
    const doomed = octopus.clients.get('one')
    const task = await octopus.task(wish(0))
    assert.equal((await doomed?.exited)?.signal, 'SIGKILL')
    await restart()
    return octopus.inState(task.id, FINAL, AT_ONCE_MS)
  }

  function endedOnce(id: string): void {
    assert.equal(truth.starts().filter(({ execution }) => execution === id).length, 1)
    assert.equal(truth.ends().filter(({ execution }) => execution === id).length, 1)
  }

  describe('between the end of a plugin and the answer to its result', () => {
    it(
      'before the end is in its journal: what became of it is lost, and says so',
      { skip: withoutStrace() },
      async () => {
        const { id, state, reason, lateResults } = await diesAtTheEnd('write,pwrite64')
        assert.deepEqual([state, reason, lateResults], ['lost', 'client-restarted', []])
        endedOnce(id)
      },
    )

    it('once the end is written: the result comes with its next start', { skip: withoutStrace() }, async () => {
      const { id, state, lateResults } = await diesAtTheEnd('fsync,fdatasync')
      assert.deepEqual([state, lateResults], ['succeeded', []])
      endedOnce(id)
    })

    it('after the journal and before the sending: the result comes with its next start', async () => {
      await restart()
      await octopus.presence('one', 'online')
      const task = await octopus.task(wish(2_000))
      const { id } = await octopus.inState(task.id, ['running'])
      await octopus.server.die()
      await inJournal('ended', id)
      await octopus.clients.get('one')?.die()
      await octopus.startAgain()
      await restart()
      const { state, lateResults } = await octopus.inState(task.id, FINAL, AT_ONCE_MS)
      assert.deepEqual([state, lateResults], ['succeeded', []])
      endedOnce(id)
    })

    it('after the sending and before the answer: told twice, the result counts once', async () => {
      const task = await octopus.task(wish(2_000))
      const { id } = await octopus.inState(task.id, ['running'])
      octopus.server.kill('SIGSTOP')
      await inJournal('ended', id)
      // What it has sent now lies in the socket, which outlives it.
      await sleep(200)
      await octopus.clients.get('one')?.die()
      neverAnswered(id)
      octopus.server.kill('SIGCONT')
      // The first telling counts, and its answer finds nobody.
      await octopus.inState(task.id, ['succeeded'], AT_ONCE_MS)
      await restart()
      await toldAgain(id)
    })

    it('after the answer and before it is written that it came: told again, the result counts once', async () => {
      await octopus.presence('one', 'online')
      const task = await octopus.task(wish(0))
      const { id } = await octopus.inState(task.id, ['succeeded'])
      await octopus.clients.get('one')?.die()
      neverAnswered(id)
      await restart()
      await toldAgain(id)
    })

    function neverAnswered(id: string): void {
      assert.equal(isInJournal('tombstone', id), false, 'it was written already')
    }

    /** The answer to the second telling lets the client forget the result; it is written with what comes next. */
    async function toldAgain(id: string): Promise<void> {
      await octopus.presence('one', 'online')
      await octopus.run(wish(0))
      await inJournal('tombstone', id)
      const { state, lateResults } = await octopus.api.get(`/executions/${id}`)
      assert.deepEqual([state, lateResults], ['succeeded', []])
      endedOnce(id)
    }
  })

  it('with its whole PC: after the boot it says at once what was lost', { skip: withoutFakeBoot() }, async () => {
    const boots = [randomUUID(), randomUUID()].map((id, n) => {
      const file = join(octopus.folder, `boot-${n}`)
      writeFileSync(file, `${id}\n`)
      return { id, file }
    })
    await restart({ prefix: fakeBoot(boots[0]?.file ?? '') })
    await octopus.presence('one', 'online')
    const tasks = [await octopus.task(wish(LONG_MS)), await octopus.task({ ...wish(LONG_MS), owner: 'all' })]
    for (const task of tasks) await octopus.inState(task.id, ['running'])
    // A power cut takes the client and all that it runs.
    for (const { pid } of processesNaming([octopus.stateFolder('one')])) process.kill(pid, 'SIGKILL')
    await octopus.clients.get('one')?.exited
    const bootedAt = performance.now()
    octopus.startClient('one', undefined, FLAGS, { prefix: fakeBoot(boots[1]?.file ?? '') })
    for (const task of tasks) {
      const { state, reason } = await octopus.inState(task.id, FINAL, AT_ONCE_MS)
      assert.deepEqual([state, reason], ['lost', 'client-restarted'])
    }
    assert.ok(performance.now() - bootedAt < AT_ONCE_MS)
    const [next] = await octopus.run(wish(0))
    assert.equal(next.state, 'succeeded')
    assert.deepEqual(truth.startedTwice(), [])
    await octopus.server.stop()
    using copy = new DatabaseCopy(octopus.serverFolder)
    assert.deepEqual(
      copy.rows('select boot_id from client').map((row) => row['boot_id']),
      [boots[1]?.id],
    )
    await octopus.startAgain()
  })

  it('lives on when its plugin alone is killed; what that had left behind is ended, too', async () => {
    const file = join(octopus.folder, 'daemon')
    const task = await octopus.task({ plugin: 'breeder', args: [file], owner: 'all' })
    const [plugin = 0, daemon = 0] = await readWhenThere(file)
    process.kill(plugin, 'SIGKILL')
    const { state } = await octopus.inState(task.id, FINAL, AT_ONCE_MS)
    assert.equal(state, 'failed')
    assert.equal(await pidGone(daemon, 0), true, 'the end was told while a process of it still lived')
    const [next] = await octopus.run(wish(0))
    assert.equal(next.state, 'succeeded')
  })

  const isInJournal = (kind: 'ended' | 'tombstone', id: string): boolean =>
    new RegExp(`"${kind}"[^\\n]*${id}`).test(readFileSync(journal(), 'utf8'))

  /** Nobody tells when a client has written its journal: one has to look. */
  async function inJournal(kind: 'ended' | 'tombstone', id: string): Promise<void> {
    for (const begun = performance.now(); !isInJournal(kind, id); await sleep(LOOK_MS)) {
      assert.ok(performance.now() - begun < AT_ONCE_MS, `no ${kind} of ${id} is in the journal`)
    }
  }

  async function readWhenThere(file: string): Promise<readonly number[]> {
    for (const begun = performance.now(); ; await sleep(LOOK_MS)) {
      try {
        const text = readFileSync(file, 'utf8')
        if (text.endsWith('\n')) return text.split(' ').map(Number)
      } catch {
        // The plugin has not written it yet.
      }
      assert.ok(performance.now() - begun < AT_ONCE_MS, 'the plugin does not start')
    }
  }
})
