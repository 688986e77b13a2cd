import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { GroundTruth } from '#e2e/harness/ground-truth.ts'
import { Octopus } from '#e2e/harness/octopus.ts'
import { needsMounts, SmallDisk } from '#e2e/harness/small-disk.ts'

/** Enough that the client takes work while nothing else is on it. */
const DISK_BYTES = 128 * 1_048_576
/** Some hundreds more than a client has. */
const DISK_FILES = 1_000
const FLAGS = ['--heartbeat-interval', '1', '--slots', '4']

describe('a client whose disk is full', { skip: needsMounts() }, () => {
  let octopus: Octopus
  let disk: SmallDisk
  let truth: GroundTruth
  let clientId: string

  const start = async (): Promise<void> => {
    octopus.startClient('small', undefined, FLAGS, { prefix: disk.prefix })
    await octopus.presence('small', 'online')
  }

  before(async () => {
    octopus = await Octopus.start(['--hold-seconds', '45'])
    truth = octopus.truth('full')
    await octopus.publishSample('probe')
    await octopus.api.put('/plugins/cold', { language: 'javascript', source: 'export const run = () => 1\n' })
    await octopus.startClientOf('alice', 'small', FLAGS)
    clientId = (await octopus.client('small')).id
    await octopus.clients.get('small')?.stop()
    disk = await SmallDisk.over(octopus.stateFolder('small'), DISK_BYTES, DISK_FILES)
    await start()
    await octopus.startClients(['other'], FLAGS)
  })
  after(async () => {
    using gone = disk
    gone.free()
    await octopus[Symbol.asyncDispose]()
  })

  const forAlice = (kwargs: object = {}): Promise<{ id: string }> =>
    octopus.task({ plugin: 'probe', owner: 'user', user: 'alice', kwargs: { ground_truth: truth.path, ...kwargs } })
  const client = (from = 0): string => octopus.clients.get('small')?.lines.slice(from).join('\n') ?? ''

  it('takes no new work, says so, keeps what it has; nobody else notices; it goes on when there is room', async () => {
    // A short result would still fit behind what the journal has.
    const busy = await forAlice({ run_for_ms: 1_500, value: 'x'.repeat(50_000) })
    const { id } = await octopus.inState(busy.id, ['running'])
    await truth.started(id)
    disk.fill()
    await truth.eventually((lines) => lines.find(({ event, execution }) => event === 'end' && execution === id))
    await octopus.clients.get('small')?.line(/journal-write-failed/)
    const waiting = await forAlice()
    await octopus.clients.get('small')?.line(/disk-low/)

    // Nobody else notices, and the server hears the client all the time.
    const [elsewhere] = await octopus.run({ plugin: 'probe', owner: 'anyone', kwargs: { ground_truth: truth.path } })
    assert.equal(elsewhere.state, 'succeeded')
    assert.equal((await octopus.client('small')).presence, 'online')
    assert.deepEqual(
      (await octopus.executionsOf(busy.id)).map(({ state }) => state),
      ['running'],
    )
    const held = await octopus.api.eventually(`task:${waiting.id},executions`, async () => {
      const [execution] = await octopus.executionsOf(waiting.id)
      return execution.state === 'queued' && execution
    })
    const why = JSON.stringify(await octopus.api.get(`/executions/${held.id}/why`))
    assert.match(why, /could not take it a moment ago/)
    await octopus.server.line(/"event":"execution rejected".*"reason":"disk-full"/)
    assert.doesNotMatch(client(), /"level":"error","event":"loop-ended"/)

    disk.free()
    assert.equal((await octopus.inState(busy.id, ['succeeded', 'failed', 'lost'])).state, 'succeeded')
    await octopus.clients.get('small')?.line(/disk-has-room/)
    const next = await forAlice()
    assert.equal((await octopus.inState(next.id, ['succeeded', 'failed', 'lost'])).state, 'succeeded')
    // What it refused is offered again after half a minute: it waits, and nothing of it was started.
    assert.deepEqual(
      truth.starts().filter(({ execution }) => execution === held.id),
      [],
    )
    assert.deepEqual(truth.startedTwice(), [])
    assert.equal(truth.starts().filter(({ execution }) => execution === id).length, 1)
  })

  it('starts on it as the client that it was, keeps its old journal, and says so', async () => {
    const from = truth.lines().length
    const done = await forAlice({ value: 'x'.repeat(50_000) })
    assert.equal((await octopus.inState(done.id, ['succeeded', 'failed'])).state, 'succeeded')
    disk.fill()
    await octopus.clients.get('small')?.die()
    await start()
    await octopus.clients.get('small')?.line(/journal-write-failed/)
    await octopus.clients.get('small')?.line(/session-began/)
    assert.equal((await octopus.client('small')).id, clientId)
    disk.free()
    await octopus.clients.get('small')?.line(/journal-writable-again/)
    assert.equal(truth.lines().length, from + 2, 'it ran something again')
    assert.doesNotMatch(client(), /journal-damaged/)
  })

  it('keeps the result of what ran when no further file fits, and hands back what it cannot start', async () => {
    // No process of a plugin waits for work: one has to be started, and a spare one after it.
    await octopus.clients.get('small')?.stop()
    await start()
    const { pid } = octopus.clients.get('small') ?? {}
    const busy = await forAlice({ run_for_ms: 1_500 })
    const { id } = await octopus.inState(busy.id, ['running'])
    await truth.started(id)
    disk.fillFiles()
    assert.equal((await octopus.inState(busy.id, ['succeeded', 'failed', 'lost'])).state, 'succeeded')
    await octopus.clients.get('small')?.line(/spare-runner-not-started.*ENOSPC/)

    const cold = await octopus.task({ plugin: 'cold', owner: 'user', user: 'alice' })
    const handedBack = await octopus.inState(cold.id, ['queued', 'assigned', 'running', 'failed'])
    await octopus.server.line(new RegExp(`"event":"execution rejected".*"${handedBack.id}".*"reason":"disk-full"`))
    assert.deepEqual([octopus.clients.get('small')?.pid, octopus.clients.get('small')?.isAlive], [pid, true])

    disk.free()
    assert.equal((await octopus.inState(cold.id, ['succeeded', 'failed', 'lost'], 60_000)).state, 'succeeded')
  })
})
