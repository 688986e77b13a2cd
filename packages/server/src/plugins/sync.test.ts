import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createBus } from '@octopus/kit/bus.ts'
import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'
import type { Plugins } from '@octopus/protocol/from-server.ts'
import type { Checksum, ClientId, RunId } from '@octopus/protocol/ids.ts'

import type { Facts } from '#live/facts.ts'

import type { Manifest } from './plugin-store.ts'
import { PluginSync } from './sync.ts'

const entry = (name: string) => ({ name, checksum: name as Checksum, language: 'python' as const, sizeBytes: 1 })

function receiver(manifestRevision: number, phase = 'ready', client = 'pc' as ClientId) {
  const told: Plugins[] = []
  return {
    client,
    phase,
    manifestRevision,
    told,
    sendText: (text: string) => void told.push(JSON.parse(text) as Plugins),
  }
}

async function startSync(clients: ReturnType<typeof receiver>[]) {
  const clock = createHandClock()
  const bus = createBus<Facts>((error) => assert.fail(String(error)))
  const stored: { manifest: Manifest } = { manifest: { revision: 1, entries: [entry('a')], tries: [] } }
  const store = { settleManifest: () => Promise.resolve(stored.manifest) }
  const onOutage = (error: unknown): never => assert.fail(String(error))
  const sync = new PluginSync({ store, bus, clock, receivers: () => clients, onOutage })
  await sync.start()
  const life = new AbortController()
  const running = sync.run(life.signal)
  const change = async (manifest: Manifest): Promise<void> => {
    stored.manifest = manifest
    bus.publish('plugins-changed', { name: 'a' })
    await clock.settle()
  }
  const stop = async (): Promise<void> => {
    life.abort(new Error('the test has ended'))
    await running
    assert.equal(clock.waiting(), 0)
  }
  return { sync, clock, stored, change, stop }
}

describe('plugin sync', () => {
  it('tells a client that comes only what it lacks', async () => {
    const { sync, stop } = await startSync([])
    const [fresh, current] = [receiver(0), receiver(1)]
    sync.greet(fresh)
    sync.greet(current)
    assert.deepEqual(
      fresh.told.map((message) => [message.revision, message.from]),
      [[1, null]],
    )
    assert.deepEqual(current.told, [])
    await stop()
  })

  it('tells each client of a change once: the difference to who had the last list, all of it to the others', async () => {
    const [upToDate, behind, notReady] = [receiver(1), receiver(0), receiver(1, 'inventory')]
    const { change, stop } = await startSync([upToDate, behind, notReady])
    await change({ revision: 2, entries: [entry('a'), entry('b')], tries: [] })
    assert.deepEqual(
      upToDate.told.map((message) => [message.from, message.changed.length]),
      [[1, 1]],
    )
    assert.deepEqual(
      behind.told.map((message) => [message.from, message.changed.length]),
      [[null, 2]],
    )
    assert.deepEqual(notReady.told, [])
    await change({ revision: 2, entries: [entry('a'), entry('b')], tries: [] })
    assert.equal(upToDate.told.length, 1)
    await stop()
  })

  it('lists what is tried out to the one client alone, and no longer than it is tried', async () => {
    const [there, elsewhere] = [
      receiver(1, 'ready', 'there' as ClientId),
      receiver(1, 'ready', 'elsewhere' as ClientId),
    ]
    const { sync, change, stop } = await startSync([there, elsewhere])
    const tries = [{ run: 'run' as RunId, client: there.client, entry: entry('draft') }]
    await change({ revision: 1, entries: [entry('a')], tries })
    const names = (one: Plugins | undefined): unknown => [
      one?.revision,
      one?.from,
      one?.changed.map(({ name }) => name),
    ]
    assert.deepEqual(there.told.map(names), [[1, null, ['a', 'draft']]])
    await change({ revision: 1, entries: [entry('a')], tries })
    assert.equal(there.told.length, 1, 'said once')
    await change({ revision: 2, entries: [entry('a'), entry('b')], tries })
    assert.deepEqual(names(there.told[1]), [2, null, ['a', 'b', 'draft']])
    // It was away when the try ended, and comes back with the list that it had.
    there.phase = 'inventory'
    await change({ revision: 2, entries: [entry('a'), entry('b')], tries: [] })
    assert.equal(there.told.length, 2)
    sync.greet(there)
    assert.deepEqual(names(there.told[2]), [2, null, ['a', 'b']])
    sync.greet(there)
    assert.equal(there.told.length, 3)
    assert.deepEqual(elsewhere.told.map(names), [[2, 1, ['b']]])
    await stop()
  })

  it('has superseded versions removed soon after the last that needed them has ended, and looks seldom while there are none', async () => {
    const pc = receiver(1)
    const { clock, stored, change, stop } = await startSync([pc])
    const [old, current] = [{ ...entry('a'), checksum: 'old' as Checksum }, entry('a')]
    await change({ revision: 2, entries: [old, current], tries: [] })
    // It ends, and nobody says so.
    stored.manifest = { revision: 3, entries: [current], tries: [] }
    await clock.advance(10_000)
    assert.deepEqual(pc.told.at(-1)?.removed, ['old'])
    stored.manifest = { revision: 4, entries: [], tries: [] }
    await clock.advance(590_000)
    assert.equal(pc.told.at(-1)?.revision, 3)
    await clock.advance(10_000)
    assert.equal(pc.told.at(-1)?.revision, 4)
    await stop()
  })
})
