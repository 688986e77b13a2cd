import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { Json } from './harness/api.ts'
import type { GroundTruth } from './harness/ground-truth.ts'
import { pidGone } from './harness/leaks.ts'
import { Octopus } from './harness/octopus.ts'

/** Longer than any test: it ends because somebody ends it. */
const LONG_MS = 600_000
/** The kill ladder takes 8 s; what is measured contains the way there and back on a busy machine. */
const LADDER_MS_MAX = 15_000

/** Starts a process of its own, in a session of its own, as a badly behaved plugin would, and says which. */
const BREEDER = `import subprocess, sys, time

def run(path):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    with open(path, "w") as file:
        file.write(str(child.pid) + "\\n")
    print("child", child.pid, flush=True)
    time.sleep(600)
`

describe('work that is ended', () => {
  let octopus: Octopus
  let truth: GroundTruth

  before(async () => {
    octopus = await Octopus.start()
    await octopus.publishSample('probe')
    await octopus.publish('breeder', BREEDER)
    await octopus.startClients(['one'], ['--slots', '2', '--heartbeat-interval', '2'])
    truth = octopus.truth('ended')
  })
  after(() => octopus[Symbol.asyncDispose]())

  const long = (more: Json = {}, knobs: Json = {}): Promise<Json> =>
    octopus.task({ plugin: 'probe', kwargs: { run_for_ms: LONG_MS, ground_truth: truth.path, ...knobs }, ...more })
  const running = (task: Json): Promise<Json> => octopus.inState(task.id, ['running'])
  const endOf = (task: Json): Promise<Json> =>
    octopus.inState(task.id, ['succeeded', 'failed', 'timed-out', 'cancelled', 'expired', 'lost'])
  const childOf = (execution: Json): Promise<number> =>
    octopus.api.eventually(`output:${execution.id}`, async () => {
      const [, pid] = /child (\d+)/.exec(await octopus.outputOf(execution.id)) ?? []
      return pid !== undefined && Number(pid)
    })

  it('is cancelled while it runs, with every process it has started, wherever that went', async () => {
    const task = await octopus.task({ plugin: 'breeder', args: [`${octopus.folder}/child`] })
    const execution = await running(task)
    const child = await childOf(execution)
    await octopus.api.post(`/executions/${execution.id}/cancel`)
    const ended = await endOf(task)
    assert.equal(ended.state, 'cancelled')
    assert.equal(await pidGone(child, 0), true, 'cancelled was said while a process of it still lived')
    assert.equal((await octopus.completed(task.id)).outcome, 'cancelled')
  })

  it('is cancelled at once while it waits in the queue, and never starts', async () => {
    const blockers = [await long(), await long()]
    for (const blocker of blockers) await running(blocker)
    const task = await long()
    const waiting = await octopus.inState(task.id, ['queued'])
    await octopus.api.post(`/executions/${waiting.id}/cancel`)
    const ended = await octopus.api.get(`/executions/${waiting.id}`)
    assert.equal(ended.state, 'cancelled')
    assert.equal(ended.startedAt, null)
    for (const blocker of blockers) await octopus.api.post(`/tasks/${blocker.id}/cancel`)
    for (const blocker of blockers) assert.equal((await endOf(blocker)).state, 'cancelled')
    assert.ok(!truth.starts().some(({ execution }) => execution === waiting.id))
  })

  it('stops everywhere with one button, nothing new starts, and it goes on when it is resumed', async () => {
    const out = await long()
    await running(out)
    await octopus.api.post('/stop-all-work')
    assert.equal((await endOf(out)).state, 'cancelled')
    assert.equal((await octopus.api.get('/stats')).workStopped, true)

    const meanwhile = await octopus.task({ plugin: 'probe' })
    const waiting = await octopus.api.eventually(`task:${meanwhile.id}`, async () => {
      const found = await octopus.api.get(`/tasks/${meanwhile.id}`)
      return found.waitingFor.length > 0 && found
    })
    assert.equal(waiting.waitingFor[0].code, 'work-stopped')
    await octopus.api.post('/resume-all-work')
    assert.equal((await octopus.completed(meanwhile.id)).outcome, 'succeeded')
  })

  it('is ended when its time is over, with its whole tree', async () => {
    const task = await octopus.task({ plugin: 'breeder', args: [`${octopus.folder}/child`], timeoutSeconds: 2 })
    const execution = await running(task)
    const child = await childOf(execution)
    const ended = await endOf(task)
    assert.deepEqual([ended.state, ended.reason], ['timed-out', 'timed-out'])
    assert.equal(await pidGone(child, 0), true, 'timed-out was said while a process of it still lived')
    const ran = Date.parse(ended.endedAt) - Date.parse(ended.startedAt)
    assert.ok(ran >= 2_000 && ran < 2_000 + LADDER_MS_MAX, `it ran ${ran} ms`)
  })

  it('is killed when it does not listen to SIGTERM', async () => {
    const task = await long({}, { ignore_signals: true })
    const execution = await running(task)
    const { pid } = await truth.started(execution.id)
    const askedAt = performance.now()
    await octopus.api.post(`/executions/${execution.id}/cancel`)
    assert.equal((await endOf(task)).state, 'cancelled')
    const took = performance.now() - askedAt
    assert.ok(took < LADDER_MS_MAX, `it took ${took} ms`)
    assert.equal(await pidGone(pid, 0), true)
    assert.ok(!truth.ends().some((line) => line.execution === execution.id))
  })

  it('expires when nobody could start it before its deadline', async () => {
    await octopus.api.post('/users', { name: 'nobody' })
    const task = await octopus.task({ plugin: 'probe', owner: 'user', user: 'nobody', deadlineSeconds: 1 })
    const ended = await endOf(task)
    assert.deepEqual([ended.state, ended.reason, ended.startedAt], ['expired', 'deadline', null])
    assert.equal((await octopus.completed(task.id)).outcome, 'expired')
  })

  it('runs again now after it was completed; twice at once wait for each other in their slot', async () => {
    const wish = { plugin: 'probe', owner: 'all', kwargs: { run_for_ms: 500, ground_truth: truth.path } }
    const task = await octopus.task(wish)
    await octopus.completed(task.id)
    const runs = [
      await octopus.api.post(`/tasks/${task.id}/runs`, {}),
      await octopus.api.post(`/tasks/${task.id}/runs`, {}),
    ]
    assert.notEqual((await octopus.api.get(`/tasks/${task.id}`)).status, 'completed')
    const done = await octopus.completed(task.id)
    assert.deepEqual([done.outcome, done.counts.succeeded], ['succeeded', 3])

    const executions = await octopus.executionsOf(task.id)
    const [first, second] = runs.map((run) => executions.find((execution) => execution.run === run.id)?.id)
    const at = (execution: string, event: string): number =>
      truth.lines().find((line) => line.execution === execution && line.event === event)?.at ?? NaN
    assert.ok(at(second, 'start') >= at(first, 'end'), 'they overlapped, with a slot free for both')
  })
})
