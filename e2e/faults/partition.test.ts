import assert from 'node:assert/strict'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import type { GroundTruth } from '#e2e/harness/ground-truth.ts'
import { pidGone } from '#e2e/harness/leaks.ts'
import { Network, whyNoNetworks } from '#e2e/harness/network.ts'
import { Octopus } from '#e2e/harness/octopus.ts'
import type { OctopusProcess } from '#e2e/harness/process.ts'

const HEARTBEAT = ['--heartbeat-interval', '1', '--slots', '4']
/** Longer than presence, which is three heartbeats, and far shorter than the hold of 45 s. */
const CUT_MS = 8_000
/** A client tries again after at most 15 s; what was under way when the network came back needs some more. */
const BACK_MS_MAX = 30_000
/** What connects from the new address at once; what hangs on the old one is given up after 20 s. */
const MOVED_MS_MAX = 12_000
/** With nothing running, a client that is told to stop has nothing to wait for. */
const STOPS_MS_MAX = 5_000
/** An old session is asked for a sign of life for 3 s; before and after that a few messages go. */
const REPLACED_MS_MAX = 10_000

// Each has a PC of its own, so that they need not wait for each other.
const beside = { concurrency: true, skip: whyNoNetworks() }

describe('a network that fails for less than hold', beside, () => {
  let network: Network
  let octopus: Octopus
  let truth: GroundTruth

  before(async () => {
    network = await Network.start()
    octopus = await Octopus.start([...network.serverFlags, '--hold-seconds', '45'], network.serverSide)
    truth = octopus.truth('partition')
    await octopus.publishSample('probe')
  })
  after(async () => {
    network.healAll()
    await octopus[Symbol.asyncDispose]()
    await network[Symbol.asyncDispose]()
  })

  /** A user with a PC in the network. */
  const start = async (name: string): Promise<OctopusProcess> => {
    await octopus.api.post('/users', { name: `${name}-user` })
    const token = await octopus.enrollmentToken(`${name}-user`)
    const client = octopus.startClient(name, token, HEARTBEAT, await network.clientSide(name))
    await octopus.presence(name, 'online')
    return client
  }

  /** The id of a new task for the user of this PC, and the start of its execution. */
  const run = async (
    name: string,
    wish: object,
    kwargs: object,
  ): Promise<{ task: string; id: string; pid: number }> => {
    const owner = { owner: 'user', user: `${name}-user` }
    const { id: task } = await octopus.task({
      plugin: 'probe',
      kwargs: { ground_truth: truth.path, ...kwargs },
      ...owner,
      ...wish,
    })
    const { id } = await octopus.inState(task, ['running'])
    return { task, id, pid: (await truth.started(id)).pid }
  }

  it('stops nothing and loses nothing: what ran is disconnected, then running, then succeeded', async (t) => {
    const client = await start('cut')
    const stop = await run('cut', { onDisconnect: 'stop' }, { run_for_ms: 18_000 })
    const goOn = await run('cut', { onDisconnect: 'continue' }, { run_for_ms: 18_000 })
    const said = client.lines.length
    network.cut('cut', 'both-ways')
    const cutAt = performance.now()
    for (const { task } of [stop, goOn]) await octopus.inState(task, ['disconnected'])
    await new Promise((resolve) => setTimeout(resolve, CUT_MS - (performance.now() - cutAt)))
    network.heal('cut')
    const healedAt = performance.now()
    for (const { task } of [stop, goOn]) await octopus.inState(task, ['running'], BACK_MS_MAX)
    t.diagnostic(`running again ${Math.round(performance.now() - healedAt)} ms after the network was back`)
    for (const { task, id, pid } of [stop, goOn]) {
      assert.equal(await pidGone(pid, 0), false, 'it was stopped')
      await octopus.completed(task)
      const ended = await octopus.api.get(`/executions/${id}`)
      assert.deepEqual([ended.state, ended.attempt, ended.lateResults], ['succeeded', 1, []])
      assert.equal(truth.starts().filter((line) => line.execution === id).length, 1)
    }
    assert.doesNotMatch(client.lines.slice(said).join('\n'), /stopped-on-disconnect/)
  })

  it('takes the real outcome of what ended meanwhile with `continue`, and signs in anew for what is new', async (t) => {
    await start('away')
    const { task, id } = await run('away', { onDisconnect: 'continue' }, { run_for_ms: 5_000, value: 'real' })
    network.cut('away', 'both-ways')
    await octopus.inState(task, ['disconnected'])
    // What the old session might have fetched, with a token that died with it, only the next one can.
    await octopus.publish('newcomer', 'def run():\n    return "new"\n')
    const wish = { plugin: 'newcomer', owner: 'user', user: 'away-user' }
    const waiting = await octopus.task(wish)
    await truth.eventually((lines) => lines.some(({ event, execution }) => event === 'end' && execution === id))
    assert.equal((await octopus.api.get(`/executions/${id}`)).state, 'disconnected')
    await octopus.inState(waiting.id, ['queued'])
    network.heal('away')
    const healedAt = performance.now()
    await octopus.completed(task, BACK_MS_MAX)
    t.diagnostic(`the outcome was there ${Math.round(performance.now() - healedAt)} ms after the network was back`)
    const ended = await octopus.api.get(`/executions/${id}`)
    assert.deepEqual([ended.state, ended.result.value, ended.lateResults], ['succeeded', 'real', []])
    await octopus.completed(waiting.id)
    assert.equal((await octopus.executionsOf(waiting.id))[0]?.result.value, 'new')
  })

  it('lets a PC go on under another address, with what it has running, and end when it shall', async (t) => {
    const client = await start('mover')
    const { task, id, pid } = await run('mover', {}, { run_for_ms: 18_000 })
    await network.move('mover')
    await octopus.inState(task, ['disconnected'])
    const silentAt = performance.now()
    await octopus.inState(task, ['running'], MOVED_MS_MAX)
    t.diagnostic(`running again ${Math.round(performance.now() - silentAt)} ms after it was disconnected`)
    assert.equal(await pidGone(pid, 0), false, 'it was stopped')
    await octopus.completed(task)
    const [ended] = await octopus.executionsOf(task)
    assert.deepEqual([ended.state, ended.attempt], ['succeeded', 1])
    assert.equal(truth.starts().filter((line) => line.execution === id).length, 1)
    // For its system the connection from the old address is still open.
    const stopAt = performance.now()
    assert.equal((await client.stop()).code, 0)
    assert.ok(performance.now() - stopAt < STOPS_MS_MAX)
  })

  it('gives a PC its place back at once when the old session cannot answer, and says nothing of a double', async (t) => {
    const slow = ['--heartbeat-interval', '5']
    const token = await octopus.enrollmentToken()
    const first = octopus.startClient('crashed', token, slow, await network.clientSide('crashed'))
    const { id } = await octopus.presence('crashed', 'online')
    network.cut('crashed', 'both-ways')
    await first.die()
    await network.move('crashed')
    network.heal('crashed')
    // For the server the old session is alive: it was heard just now, and nothing has closed it.
    assert.equal((await octopus.client('crashed')).presence, 'online')
    const again = octopus.startClient('crashed', undefined, slow, await network.clientSide('crashed'))
    await again.line(/"event":"client-starts"/)
    const startedAt = performance.now()
    await again.line(/"event":"session-began"/)
    const tookMs = performance.now() - startedAt
    t.diagnostic(`in its new session ${Math.round(tookMs)} ms after it was started`)
    assert.ok(tookMs < REPLACED_MS_MAX, `it waited ${tookMs} ms for its place`)
    assert.doesNotMatch(again.lines.join('\n'), /duplicate-identity/)
    assert.deepEqual(await doubles(id), [])
  })

  it('refuses a second PC with the same key for as long as the first one answers, and names both', async () => {
    await start('twin')
    const { id } = await octopus.presence('twin', 'online')
    const { task } = await run('twin', {}, { run_for_ms: 6_000 })
    for (const name of ['client.key', 'identity.json', 'journal', 'plugins']) {
      cpSync(join(octopus.stateFolder('twin'), name), join(octopus.stateFolder('copy'), name), { recursive: true })
    }
    const copy = octopus.startClient('copy', undefined, HEARTBEAT, await network.clientSide('copy'))
    await copy.line(/duplicate-identity/)
    const [notice] = await doubles(id)
    assert.match(notice?.details ?? '', /198\.18\./, 'the notice does not say where the other PC is')
    assert.doesNotMatch(copy.lines.join('\n'), /session-began/)
    await octopus.completed(task)
    assert.equal((await octopus.executionsOf(task))[0]?.state, 'succeeded')
  })

  async function doubles(client: string): Promise<readonly { readonly details: string }[]> {
    const all = await octopus.api.all('/audit?action=client.duplicate-identity')
    return all.filter(({ subject }) => subject === client).map(({ details }) => ({ details: JSON.stringify(details) }))
  }
})
