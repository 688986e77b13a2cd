import assert from 'node:assert/strict'
import { cpSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import type { Json } from './harness/api.ts'
import { noneNaming, pidGone, processesNaming } from './harness/leaks.ts'
import { Octopus } from './harness/octopus.ts'
import { type OctopusProcess, ROOT } from './harness/process.ts'

const LONG_MS = 600_000
/** The shortest that is allowed. */
const HOLD_SECONDS = 45
const HEARTBEAT = ['--heartbeat-interval', '2']
/** A runner ends by itself so long after its limit of time, and a look later. */
const GRACE_MS = 15_000
const FINAL = ['succeeded', 'failed', 'timed-out', 'cancelled', 'expired', 'lost']

const needsProc = process.platform === 'linux' ? false : 'processes and ports are read from /proc'

// The long wait for the end of a hold goes on beside the others, with a server of its own.
describe('the life of a client', { concurrency: true }, () => {
  describe('stopped alone for longer than hold', { concurrency: false }, () => {
    let octopus: Octopus
    before(async () => {
      octopus = await Octopus.start(['--hold-seconds', String(HOLD_SECONDS)])
      await octopus.publishSample('probe')
      await octopus.startClients(['sleeper'], HEARTBEAT)
    })
    after(() => octopus[Symbol.asyncDispose]())

    it('has its runner end by itself before hold ends; the server says lost after that; its result is late', async (t) => {
      const truth = octopus.truth('hold')
      const sleeper = octopus.clients.get('sleeper')
      const wish = { plugin: 'probe', kwargs: { run_for_ms: LONG_MS, ground_truth: truth.path } }
      const task = await octopus.task(wish)
      const { id } = await octopus.inState(task.id, ['running'])
      const { pid } = await truth.started(id)
      sleeper?.kill('SIGSTOP')
      const stoppedAt = performance.now()
      const since = (): number => performance.now() - stoppedAt
      await octopus.inState(task.id, ['disconnected'])
      const offlineMs = since()
      assert.ok(await pidGone(pid, HOLD_SECONDS * 1_000), 'the runner still lives at the end of hold')
      const goneMs = since()
      const lost = await octopus.inState(task.id, ['lost'])
      const lostMs = since()
      t.diagnostic(
        `disconnected after ${Math.round(offlineMs)} ms, runner gone after ${Math.round(goneMs)} ms, lost after ${Math.round(lostMs)} ms`,
      )
      assert.ok(goneMs < HOLD_SECONDS * 1_000, `the runner lived for ${goneMs} ms`)
      assert.ok(lostMs > HOLD_SECONDS * 1_000 - 2_000, `lost was said after ${lostMs} ms, within hold`)
      assert.equal(lost.reason, 'hold-ended')

      sleeper?.kill('SIGCONT')
      const late = await octopus.api.eventually(`execution:${id},executions,clients`, async () => {
        const found = await octopus.api.get(`/executions/${id}`)
        return found.lateResults.length > 0 && found
      })
      assert.equal(late.state, 'lost')
      assert.equal(late.lateResults.length, 1)
      assert.equal(truth.starts().length, 1)
      assert.deepEqual(truth.ends(), [])
      const [next] = await octopus.run({ plugin: 'probe' })
      assert.equal(next.state, 'succeeded')
    })
  })

  describe('stopped alone while a plugin runs that may go on without the server', { concurrency: false }, () => {
    let octopus: Octopus
    before(async () => {
      octopus = await Octopus.start()
      await octopus.publishSample('probe')
      const source = readFileSync(join(ROOT, 'plugins/probe_ts.ts'), 'utf8')
      await octopus.api.put('/plugins/probe_ts', { language: 'typescript', source })
      await octopus.startClients(['hung'], HEARTBEAT)
    })
    after(() => octopus[Symbol.asyncDispose]())

    it('has its runners end at their limit of time all the same, and says so when it goes on', async () => {
      const truth = octopus.truth('limit')
      const kwargs = { run_for_ms: LONG_MS, ground_truth: truth.path, ignore_signals: true }
      const wish = { kwargs, owner: 'all', onDisconnect: 'continue', timeoutSeconds: 5 }
      const tasks = await Promise.all(['probe', 'probe_ts'].map((plugin) => octopus.task({ ...wish, plugin })))
      const pids: number[] = []
      for (const { id } of tasks) pids.push((await truth.started((await octopus.inState(id, ['running'])).id)).pid)
      octopus.clients.get('hung')?.kill('SIGSTOP')
      for (const pid of pids) assert.ok(await pidGone(pid, 5_000 + GRACE_MS), 'it runs beyond its limit')
      octopus.clients.get('hung')?.kill('SIGCONT')
      for (const { id } of tasks) {
        const { state, reason } = await octopus.inState(id, FINAL)
        assert.deepEqual([state, reason], ['timed-out', 'timed-out'])
      }
      assert.deepEqual(truth.ends(), [])
      for (const plugin of ['probe', 'probe_ts']) assert.equal((await octopus.run({ plugin }))[0].state, 'succeeded')
    })
  })

  describe('restarts, copies, revocation', { concurrency: false }, () => {
    let octopus: Octopus
    before(async () => {
      octopus = await Octopus.start()
      await octopus.publishSample('probe')
      await octopus.startClients(['one'], HEARTBEAT)
    })
    after(() => octopus[Symbol.asyncDispose]())

    it('says at once what was lost when it was killed and starts again, and leaves no runner behind', async () => {
      const truth = octopus.truth('restart')
      const wish = { plugin: 'probe', kwargs: { run_for_ms: LONG_MS, ground_truth: truth.path, ignore_signals: true } }
      const task = await octopus.task(wish)
      const { id } = await octopus.inState(task.id, ['running'])
      const { pid } = await truth.started(id)
      await octopus.clients.get('one')?.die()
      octopus.startClient('one', undefined, HEARTBEAT)
      const startedAt = performance.now()
      const ended = await octopus.inState(task.id, FINAL)
      assert.deepEqual([ended.state, ended.reason], ['lost', 'client-restarted'])
      assert.ok(performance.now() - startedAt < 30_000, 'it was not said at once, but after a hold')
      assert.equal(await pidGone(pid, 0), true, 'the plugin still lives')
      assert.equal(truth.starts().length, 1)
    })

    for (const how of ['killed', 'stopped in good order'] as const) {
      it(`works on while the server is ${how} and started again, and nothing is lost`, async () => {
        const truth = octopus.truth(`server ${how}`)
        const wish = { plugin: 'probe', kwargs: { run_for_ms: 6_000, ground_truth: truth.path, value: how } }
        const tasks = [await octopus.task(wish), await octopus.task({ ...wish, owner: 'all' })]
        for (const task of tasks) await octopus.inState(task.id, ['running'])
        const said = octopus.clients.get('one')?.lines.length ?? 0
        const end = how === 'killed' ? await octopus.server.die() : await octopus.server.stop()
        if (how !== 'killed') assert.deepEqual(end, { code: 0, signal: null })
        await octopus.startAgain()
        for (const task of tasks) {
          await octopus.completed(task.id)
          const [execution] = await octopus.executionsOf(task.id)
          assert.deepEqual([execution.state, execution.result.value, execution.attempt], ['succeeded', how, 1])
        }
        assert.equal(truth.starts().length, 2)
        assert.equal(truth.ends().length, 2)
        const since = octopus.clients.get('one')?.lines.slice(said).join('\n') ?? ''
        assert.doesNotMatch(since, /stopped-on-disconnect/)
      })
    }

    it('is alone on its state folder: a second one refuses with one sentence', async () => {
      const first = octopus.clients.get('one') as OctopusProcess
      const second = octopus.startClient('one')
      assert.equal((await second.exited).code, 1)
      assert.equal(second.complaints.length, 1)
      assert.match(second.complaints[0] ?? '', /Another octopus client already runs on .*clients\/one\. Stop it, or/)
      const [execution] = await octopus.run({ plugin: 'probe' })
      assert.equal(execution.state, 'succeeded')
      octopus.clients.set('one', first)
    })

    it('listens on no port, and neither does what it runs', { skip: needsProc }, async () => {
      const task = await octopus.task({ plugin: 'probe', kwargs: { run_for_ms: LONG_MS } })
      await octopus.inState(task.id, ['running'])
      const ours = processesNaming([octopus.stateFolder('one')])
      assert.ok(ours.length >= 2, 'a client and its runner should be seen')
      assert.deepEqual(
        ours.filter(({ pid }) => listens(pid)),
        [],
      )
      assert.ok(listens(octopus.server.pid), 'the server is not seen to listen: the look is blind')
      await octopus.api.post(`/tasks/${task.id}/cancel`)
      await octopus.completed(task.id)
    })

    it('keeps its place when a copy of its state folder comes from a second PC, which is refused', async () => {
      // All that makes it this client; not the pipes of what it runs.
      for (const name of ['client.key', 'identity.json', 'journal', 'plugins']) {
        cpSync(join(octopus.stateFolder('one'), name), join(octopus.stateFolder('copy'), name), { recursive: true })
      }
      const copy = octopus.startClient('copy', undefined, HEARTBEAT)
      await copy.line(/duplicate-identity/)
      const [execution] = await octopus.run({ plugin: 'probe' })
      assert.equal(execution.state, 'succeeded')
      assert.equal((await octopus.api.get('/stats')).clients.online, 1)
      await copy.stop()
    })

    it('is shut out within 5 seconds when it is revoked, and its program ends', async () => {
      const name = 'stolen'
      octopus.startClient(name, await octopus.enrollmentToken(), HEARTBEAT)
      const { id } = await octopus.presence(name, 'online')
      const task = await octopus.task({ plugin: 'probe', owner: 'all', kwargs: { run_for_ms: LONG_MS } })
      await octopus.api.eventually(`task:${task.id}`, async () => {
        const { counts } = await octopus.api.get(`/tasks/${task.id}`)
        return counts.running === 2
      })
      const revokedAt = performance.now()
      await octopus.api.post(`/clients/${id}/revoke`)
      await octopus.presence(name, 'offline', 5_000)
      const closedMs = performance.now() - revokedAt
      assert.ok(closedMs < 5_000, `it was closed after ${closedMs} ms`)
      const end = await octopus.clients.get(name)?.exited
      assert.equal(end?.code, 3)
      assert.deepEqual(await noneNaming([octopus.stateFolder(name)]), [])
      await octopus.api.post(`/tasks/${task.id}/cancel`)
      const again = octopus.startClient(name)
      assert.equal((await again.exited).code, 3)
      const stranded = (await octopus.executionsOf(task.id)).find(({ client }: Json) => client.name === name)
      assert.ok(stranded.state === 'cancelled' || stranded.endsAtLatest !== null)
    })
  })
})

/** Whether one of the process's sockets is open for others to connect to. */
function listens(pid: number): boolean {
  const own = new Set(
    list(`/proc/${pid}/fd`).flatMap((fd) => {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(target(join(`/proc/${pid}/fd`, fd))) ?? []
      return inode ?? []
    }),
  )
  return ['tcp', 'tcp6'].some((kind) =>
    readFileSync(`/proc/${pid}/net/${kind}`, 'latin1')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .some(([, , , state, , , , , , inode]) => state === '0A' && own.has(inode ?? '')),
  )
}

function list(path: string): readonly string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

function target(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
