import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { Json } from '#e2e/harness/api.ts'
import type { GroundTruth } from '#e2e/harness/ground-truth.ts'
import { pidGone } from '#e2e/harness/leaks.ts'
import { Network, whyNoNetworks } from '#e2e/harness/network.ts'
import { Octopus } from '#e2e/harness/octopus.ts'

const HOLD_MS = 45_000
const HEARTBEAT = ['--heartbeat-interval', '1', '--slots', '4']
/** Beyond hold, and beyond the end time of the shortest task: its limits and the server's minute. */
const CUT_MS = 85_000
const BACK_MS_MAX = 60_000

describe('a network that fails for longer than hold', { skip: whyNoNetworks() }, () => {
  let network: Network
  let octopus: Octopus
  let truth: GroundTruth

  before(async () => {
    network = await Network.start()
    octopus = await Octopus.start(
      [...network.serverFlags, '--hold-seconds', String(HOLD_MS / 1_000)],
      network.serverSide,
    )
    truth = octopus.truth('long')
    await octopus.publishSample('probe')
  })
  after(async () => {
    network.healAll()
    await octopus[Symbol.asyncDispose]()
    await network[Symbol.asyncDispose]()
  })

  const start = async (name: string, wish: object): Promise<void> => {
    await octopus.api.post('/users', { name: `${name}-user` })
    const body = { approves: true, maxUses: 1, user: `${name}-user`, ...wish }
    const { token } = await octopus.api.post('/enrollment-tokens', body)
    octopus.startClient(name, token, HEARTBEAT, await network.clientSide(name))
    await octopus.presence(name, 'online')
  }
  const run = async (name: string, kwargs: object, wish: object): Promise<Json> => {
    const owner = { owner: 'user', user: `${name}-user`, onDisconnect: 'continue' }
    const all = { ground_truth: truth.path, ...kwargs }
    const { id } = await octopus.task({ plugin: 'probe', kwargs: all, ...owner, ...wish })
    await octopus.inState(id, ['running'])
    return id
  }
  const only = async (task: string): Promise<Json> => (await octopus.executionsOf(task))[0]

  it('leaves what may continue alone: its real outcome counts until the end of its time, and is late after that', async () => {
    await start('away', {})
    // Its token is worth nothing any more when the network is back: the key of a PC does not run out.
    await start('renewed', { expiresInSeconds: 60 })
    const goesOn = await run('away', { run_for_ms: CUT_MS + 15_000 }, {})
    const ends = await run('away', { run_for_ms: 20_000, value: 'in time' }, {})
    const tooLate = await run('away', { run_for_ms: 8_000, value: 'late' }, { timeoutSeconds: 10, deadlineSeconds: 10 })
    const kept = await run('renewed', { run_for_ms: 8_000, value: 'kept' }, {})
    for (const name of ['away', 'renewed']) network.cut(name, 'both-ways')
    const cutAt = performance.now()
    const { pid } = await truth.started((await only(goesOn)).id)
    const keptId = (await only(kept)).id
    await truth.eventually((lines) => lines.some(({ event, execution }) => event === 'end' && execution === keptId))
    // What has ended is in the journal a moment later; then the PC loses its power.
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    await octopus.clients.get('renewed')?.die()
    octopus.startClient('renewed', undefined, HEARTBEAT, await network.clientSide('renewed'))
    const lost = await octopus.inState(tooLate, ['lost'], CUT_MS)
    const lostAfterMs = performance.now() - cutAt
    assert.ok(lostAfterMs > 60_000 && lostAfterMs > HOLD_MS, `lost after ${lostAfterMs} ms, before the end of its time`)
    assert.deepEqual(
      [(await only(goesOn)).state, (await only(ends)).state, (await only(kept)).state],
      ['disconnected', 'disconnected', 'disconnected'],
    )
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, CUT_MS - (performance.now() - cutAt))))
    assert.equal(await pidGone(pid, 0), false, 'what may continue was stopped')
    network.healAll()
    for (const [task, value] of [
      [ends, 'in time'],
      [kept, 'kept'],
      [goesOn, 'done'],
    ] as const) {
      await octopus.completed(task, BACK_MS_MAX)
      const { state, result, lateResults, attempt } = await only(task)
      assert.deepEqual([state, result.value, lateResults, attempt], ['succeeded', value, [], 1])
    }
    const late = await octopus.api.eventually('executions,clients', async () => {
      const found = await octopus.api.get(`/executions/${lost.id}`)
      return found.lateResults.length > 0 && found
    })
    assert.deepEqual([late.state, late.lateResults.length], ['lost', 1])
    assert.equal(truth.starts().length, 4)
    assert.equal(truth.ends().length, 4)
  })
})

describe('a switch that dies with all PCs on it', { skip: whyNoNetworks() }, () => {
  const NAMES = Array.from({ length: 7 }, (_, n) => `pc-${n}`)
  let network: Network
  let octopus: Octopus
  let truth: GroundTruth

  before(async () => {
    network = await Network.start()
    octopus = await Octopus.start(
      [...network.serverFlags, '--hold-seconds', String(HOLD_MS / 1_000)],
      network.serverSide,
    )
    truth = octopus.truth('switch')
    await octopus.publishSample('probe')
    for (const name of NAMES) {
      const token = await octopus.enrollmentToken()
      octopus.startClient(name, token, HEARTBEAT, await network.clientSide(name))
      await octopus.presence(name, 'online')
    }
  })
  after(async () => {
    network.healAll()
    await octopus[Symbol.asyncDispose]()
    await network[Symbol.asyncDispose]()
  })

  it('puts the brake on: nothing is lost by time or handed to others, and an alert says so, until they are back', async () => {
    const retry = { maxAttempts: 2, backoffSeconds: 0, on: ['lost'] }
    const wish = (runForMs: number, rest: object): object => ({
      plugin: 'probe',
      kwargs: { run_for_ms: runForMs, ground_truth: truth.path },
      ...rest,
    })
    const goesOn = await octopus.task(wish(CUT_MS, { owner: 'all' }))
    const stops = await Promise.all(NAMES.map(() => octopus.task(wish(CUT_MS, { retry }))))
    await truth.eventually((lines) => lines.length === 2 * NAMES.length)
    network.cutAll()
    const cutAt = performance.now()
    await octopus.api.eventually('clients,stats', async () => (await octopus.api.get('/brake')).on)
    // Long after every hold has ended.
    await new Promise((resolve) => setTimeout(resolve, 1.5 * HOLD_MS - (performance.now() - cutAt)))
    const brake = await octopus.api.get('/brake')
    assert.deepEqual([brake.on, brake.reason, brake.gone], [true, 'clients-vanished', NAMES.length])
    assert.equal((await octopus.api.all('/audit?action=brake.on')).length, 1)
    const out = await octopus.api.all('/executions')
    assert.deepEqual(new Set(out.map(({ state }) => state)), new Set(['disconnected']))
    assert.equal(out.length, 2 * NAMES.length)
    assert.equal(truth.starts().length, out.length)
    network.healAll()
    await octopus.api.eventually('clients,stats', async () => !(await octopus.api.get('/brake')).on)
    // Stopped by their own clients at the end of hold, and said by them: that is proof, and a try again is allowed.
    for (const { id } of stops) {
      const { state, attempt } = await octopus.inState(id, ['running'])
      assert.deepEqual([state, attempt], ['running', 2])
    }
    const { counts } = await octopus.completed(goesOn.id, 2 * CUT_MS)
    assert.equal(counts.succeeded, NAMES.length)
    assert.deepEqual(truth.startedTwice(), [])
  })
})
