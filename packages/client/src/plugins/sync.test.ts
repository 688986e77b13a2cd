import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { sha256Hex } from '@octopus/kit/checksum.ts'
import { createSeededRandom } from '@octopus/kit/random.ts'
import { createCapturedLog } from '@octopus/kit/testing/capture-log.ts'
import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'
import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import { createMemoryDisk } from '@octopus/kit/testing/memory-files.ts'
import type { FromServer } from '@octopus/protocol/from-server.ts'
import type { Checksum } from '@octopus/protocol/ids.ts'

import type { Session } from '#connection/session.ts'
import { CHECKSUM, createWorld, item, keyNumber, PLUGINS, SOURCE } from '#testing/client-world.ts'

import { openPluginSync } from './sync.ts'

const PATH = `/state/plugins/${CHECKSUM}`
const NEW_SOURCE = Buffer.from('def run(): return "new"\n')
const NEW = sha256Hex(NEW_SOURCE) as Checksum

const rejections = (world: ReturnType<typeof createWorld>) =>
  world.server.of('rejected').flatMap((message) => message.executions.map(({ reason }) => reason))

function delta(change: { add?: Buffer; remove?: Checksum; revision?: number; from?: number }): FromServer {
  const { add, remove, revision = 2, from = revision - 1 } = change
  const entry = add && {
    name: 'probe',
    checksum: sha256Hex(add) as Checksum,
    language: 'python' as const,
    sizeBytes: add.length,
  }
  return { type: 'plugins', revision, from, changed: entry ? [entry] : [], removed: remove ? [remove] : [] }
}

function whole(revision: number, ...sources: Buffer[]): FromServer {
  const changed = sources.map((bytes) => ({
    name: 'probe',
    checksum: sha256Hex(bytes) as Checksum,
    language: 'python' as const,
    sizeBytes: bytes.length,
  }))
  return { type: 'plugins', revision, from: null, changed, removed: [] }
}

describe('plugins on a client', () => {
  it('are fetched, named by checksum, and reported as synced', async () => {
    const world = createWorld()
    await world.start()
    assert.deepEqual(world.disk.peek(PATH), SOURCE)
    assert.deepEqual(world.server.of('synced'), [{ type: 'synced', revision: 1, missing: [] }])
    assert.deepEqual(world.fetches, [CHECKSUM])
    await world.end()
  })

  it('are there after a restart without another fetch, and the inventory names their revision', async () => {
    const world = createWorld()
    await world.start()
    await world.end()
    world.server.afterWelcome = []
    await world.start()
    assert.equal(world.server.of('inventory').at(-1)?.manifestRevision, 1)
    await world.execute(item(keyNumber(1)))
    assert.equal(world.pool.runs.length, 1)
    assert.deepEqual(world.fetches, [CHECKSUM])
    await world.end()
  })

  it('that are only tried out here come and go with a whole list, and leave nothing on the disk', async () => {
    const world = createWorld()
    await world.start()
    const listed = PLUGINS.type === 'plugins' ? PLUGINS.changed : []
    const draft = { name: 'probe', checksum: NEW, language: 'python' as const, sizeBytes: NEW_SOURCE.length }
    const list = (changed: typeof listed): FromServer => ({
      type: 'plugins',
      revision: 1,
      from: null,
      changed,
      removed: [],
    })
    world.fetchPlugin = () => Promise.resolve(NEW_SOURCE)
    world.server.send(list([...listed, draft]))
    await world.clock.settle()
    assert.deepEqual(world.disk.peek(`/state/plugins/${NEW}`), NEW_SOURCE)
    world.server.send(list(listed))
    await world.clock.settle()
    assert.equal(world.disk.peek(`/state/plugins/${NEW}`), undefined)
    assert.deepEqual(world.disk.peek(PATH), SOURCE)
    assert.ok(!String(world.disk.peek('/state/plugins/manifest.json')).includes(NEW))
    await world.end()
  })

  it('an execution waits for its plugin, within the time it has to start', async () => {
    const world = createWorld()
    const arrives = Promise.withResolvers<Buffer>()
    world.fetchPlugin = () => arrives.promise
    await world.start()
    await world.execute(item(keyNumber(1)), item(keyNumber(2), { startWithinMs: 5_000 }))
    await world.clock.advance(6_000)
    assert.deepEqual(rejections(world), ['too-late'])
    arrives.resolve(SOURCE)
    await world.clock.settle()
    assert.equal(world.pool.runs.length, 1)
    await world.end()
  })

  it('a failed fetch is tried again, and until then reported as missing with its reason', async () => {
    const world = createWorld()
    world.fetchPlugin = () => Promise.reject(new Error('the server answered 503'))
    await world.start()
    assert.deepEqual(world.server.of('synced').at(-1)?.missing, [
      { checksum: CHECKSUM, reason: 'the server answered 503' },
    ])
    world.fetchPlugin = () => Promise.resolve(SOURCE)
    await world.clock.advance(5_000)
    assert.deepEqual(world.server.of('synced').at(-1)?.missing, [])
    await world.end()
  })

  for (const [what, breakPc, mendPc] of [
    [
      'the server does not answer',
      (world) => (world.fetchPlugin = () => Promise.reject(new Error('the proxy answered 403'))),
      (world) => (world.fetchPlugin = () => Promise.resolve(SOURCE)),
    ],
    [
      'each answer breaks off late',
      (world) => (world.fetchPlugin = () => world.clock.after(60_000, world.life.signal).then(() => assert.fail())),
      (world) => (world.fetchPlugin = () => Promise.resolve(SOURCE)),
    ],
    [
      'their folder cannot be written',
      (world) =>
        (world.disk.fault = (operation, path) =>
          operation === 'replace' && path.includes('plugins') ? new Error('EACCES') : undefined),
      (world) => (world.disk.fault = undefined),
    ],
  ] as [string, (world: ReturnType<typeof createWorld>) => void, (world: ReturnType<typeof createWorld>) => void][]) {
    it(`when ${what}, work for them waits a minute or two, goes back in passing, and is taken again when they are there`, async () => {
      const world = createWorld()
      breakPc(world)
      await world.start()
      await world.execute(item(keyNumber(1), { startWithinMs: 86_400_000 }))
      await world.clock.advance(59_000)
      assert.deepEqual(rejections(world), [])
      await world.clock.advance(70_000)
      assert.deepEqual(rejections(world), ['plugin-missing'])
      await world.execute(item(keyNumber(2), { startWithinMs: 86_400_000 }))
      await world.clock.settle()
      assert.deepEqual(rejections(world), ['plugin-missing', 'plugin-missing'])
      mendPc(world)
      await world.clock.advance(150_000)
      await world.execute(item(keyNumber(3)))
      assert.equal(world.pool.runs.length, 1)
      await world.end()
    })
  }

  for (const [what, bytes] of [
    ['bytes with another length and checksum', Buffer.from('import os # not what was asked for')],
    ['bytes of the same length with another checksum', Buffer.from('def run(): return "owned"\n').subarray(1)],
  ] as const) {
    it(`${what} are never installed, and after three times the work is rejected`, async () => {
      const world = createWorld()
      world.fetchPlugin = () => Promise.resolve(bytes)
      await world.start()
      await world.execute(item(keyNumber(1)))
      await world.clock.advance(30_000)
      assert.deepEqual(rejections(world), ['plugin-unverified'])
      assert.equal(world.disk.peek(PATH), undefined)
      await world.end()
    })
  }

  for (const [how, tamper] of [
    ['changed', (world) => world.disk.poke(PATH, 'def run(): steal()\n')],
    ['changed in one byte', (world) => world.disk.poke(PATH, SOURCE.toString().replace('done', 'dune'))],
    ['cut off', (world) => world.disk.poke(PATH, SOURCE.subarray(0, 5))],
  ] as [string, (world: ReturnType<typeof createWorld>) => void][]) {
    it(`a file that was ${how} on the disk is noticed before it runs, reported and fetched again`, async () => {
      const world = createWorld()
      await world.start()
      tamper(world)
      await world.execute(item(keyNumber(1)))
      await world.clock.settle()
      assert.deepEqual(
        world.pool.runs.map((run) => run.work.source.toString()),
        [SOURCE.toString()],
      )
      assert.deepEqual(world.disk.peek(PATH), SOURCE)
      assert.deepEqual(
        world.server.of('synced').map(({ missing }) => missing.map(({ reason }) => reason)),
        [[], ['the file on the disk was changed'], []],
      )
      assert.ok(world.log.events().includes('plugin-tampered'))
      await world.end()
    })
  }

  it('what the manifest does not list is not started, although the file is there, and goes', async () => {
    const world = createWorld()
    await world.start()
    world.disk.poke('/state/plugins/my-notes.txt', 'mine')
    world.server.send(delta({ remove: CHECKSUM }))
    await world.execute(item(keyNumber(1)))
    await world.clock.advance(31_000)
    assert.deepEqual(rejections(world), ['plugin-unverified'])
    assert.deepEqual(
      world.disk.paths().filter((path) => path.includes('plugins')),
      ['/state/plugins/manifest.json', '/state/plugins/my-notes.txt'],
    )
    await world.end()
  })

  it('a version that is taken off the list while its fetch fails is not looked at any more, also on a full disk', async () => {
    const world = createWorld()
    const fails = Promise.withResolvers<Buffer>()
    world.fetchPlugin = () => fails.promise
    await world.start()
    world.server.send(delta({ remove: CHECKSUM }))
    await world.clock.settle()
    world.disk.fault = (operation) => (operation === 'replace' ? new Error('ENOSPC') : undefined)
    fails.reject(new Error('the connection was closed'))
    await world.clock.settle()
    const lookedAt = (): number => world.log.events().filter((event) => event === 'plugin-list-not-written').length
    await world.clock.advance(600_000)
    assert.ok(lookedAt() <= 11, `the disk was tried ${lookedAt()} times in ten minutes`)
    await world.end()
  })

  it('an update while one runs leaves it its bytes; the next one has the new', async () => {
    const world = createWorld()
    await world.start()
    await world.execute(item(keyNumber(1)))
    world.fetchPlugin = () => Promise.resolve(NEW_SOURCE)
    world.server.send(delta({ add: NEW_SOURCE, remove: CHECKSUM }))
    await world.execute(item(keyNumber(2), { checksum: NEW }))
    await world.clock.settle()
    assert.deepEqual(
      world.pool.runs.map((run) => run.work.source),
      [SOURCE, NEW_SOURCE],
    )
    await world.end()
  })

  it('a change that arrives again changes nothing; in a new session a whole list counts, be it older', async () => {
    const world = createWorld()
    await world.start()
    world.fetchPlugin = () => Promise.resolve(NEW_SOURCE)
    world.server.send(delta({ add: NEW_SOURCE, remove: CHECKSUM, revision: 2 }))
    world.server.send(delta({ add: NEW_SOURCE, remove: CHECKSUM, revision: 2 }))
    await world.clock.settle()
    assert.equal(world.disk.peek(PATH), undefined)
    assert.equal(world.server.connections(), 1)
    world.fetchPlugin = () => Promise.resolve(SOURCE)
    world.server.wire().cut('the server was set back')
    await world.clock.advance(2_000)
    assert.deepEqual(world.disk.peek(PATH), SOURCE)
    assert.equal(world.disk.peek(`/state/plugins/${NEW}`), undefined)
    assert.equal(world.server.connections(), 2)
    await world.end()
  })

  for (const [what, messages] of [
    ['two changes', [delta({ remove: CHECKSUM, revision: 3 }), delta({ add: NEW_SOURCE })]],
    ['a whole list and the change to it', [delta({ remove: CHECKSUM, revision: 6, from: 5 }), whole(5, SOURCE)]],
    ['a whole list and a change that fits both before and after it', [delta({ add: NEW_SOURCE }), PLUGINS]],
    ['two whole lists', [whole(3, NEW_SOURCE), whole(2, SOURCE, NEW_SOURCE)]],
  ] as const) {
    it(`${what} in the wrong order end the session; in the next one it names no revision, and is told the whole list`, async () => {
      const world = createWorld()
      await world.start()
      world.fetchPlugin = () => Promise.resolve(NEW_SOURCE)
      world.server.afterWelcome = [whole(7, NEW_SOURCE)]
      for (const message of messages) world.server.send(message)
      await world.clock.advance(2_000)
      assert.equal(world.server.connections(), 2)
      assert.equal(world.server.of('inventory')[1]?.manifestRevision, 0)
      assert.equal(world.server.of('synced').at(-1)?.revision, 7)
      assert.deepEqual(world.disk.peek(`/state/plugins/${NEW}`), NEW_SOURCE)
      assert.equal(world.disk.peek(PATH), undefined)
      await world.end()
    })
  }

  it('a version that is taken off the list while its changed file is read is not looked at any more', async () => {
    const clock = createHandClock()
    const disk = createMemoryDisk()
    const files = disk.mount()
    const slow: { reading?: Promise<void> } = {}
    const sync = await openPluginSync({
      files: { ...files, read: async (path) => (await slow.reading, files.read(path)) },
      folder: '/plugins',
      clock,
      random: createSeededRandom(1),
      log: createCapturedLog(),
      fetchPlugin: async () => SOURCE,
      changed: () => {},
    })
    const life = new AbortController()
    void sync.run(life.signal).catch(() => {})
    const { signal } = new AbortController()
    const session = { signal, downloadToken: '', outbox: { synced: () => {} } } as unknown as Session
    sync.sessionReady(session)
    const list = (message: FromServer) => sync.apply(session, message as Parameters<typeof sync.apply>[1])
    list(PLUGINS)
    await clock.settle()
    assert.equal(sync.stateOf(CHECKSUM), 'ready')
    disk.poke(`/plugins/${CHECKSUM}`, 'changed')
    const read = Promise.withResolvers<void>()
    slow.reading = read.promise
    const loaded = sync.load(CHECKSUM)
    list(delta({ remove: CHECKSUM }))
    await clock.settle()
    read.resolve()
    assert.equal(await loaded, undefined)
    await clock.settle()
    assert.equal(clock.waiting(), 0)
    life.abort(new Error('done'))
  })

  it('a crash while a download is written leaves nothing that can run', async () => {
    const world = createWorld({ syncMs: 50 })
    await world.start()
    world.fetchPlugin = () => Promise.resolve(NEW_SOURCE)
    world.server.send(delta({ add: NEW_SOURCE }))
    await world.clock.advance(75)
    await world.crash(0.5)
    assert.equal(world.disk.peek(`/state/plugins/${NEW}`), undefined)
    world.server.afterWelcome = [{ ...PLUGINS, revision: 3 } as FromServer]
    await world.start()
    await world.clock.advance(1_000)
    assert.deepEqual(
      world.disk.paths().filter((path) => path.endsWith('.new')),
      [],
    )
    await world.end()
  })
})

leakCheck()
