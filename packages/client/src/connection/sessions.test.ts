import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import type { FromServer, Refused } from '@octopus/protocol/from-server.ts'

import { createWorld, item, keyNumber } from '#testing/client-world.ts'

describe('a client’s sessions', () => {
  it('begin anew when interpreters are found that the server was not told of, and only then', async () => {
    const world = createWorld()
    const found = [{ language: 'python', version: '3.13' }] as const
    let looks = 0
    world.pool.runtimes = async () => {
      looks += 1
      if (looks > 1) await world.clock.after(5_000, new AbortController().signal)
      return looks === 1 ? [] : found
    }
    await world.start()
    await world.clock.advance(3_000)
    const told = () => world.server.of('inventory').map(({ runtimes }) => runtimes.length)
    assert.deepEqual(told(), [0])
    await world.clock.advance(60_000)
    assert.deepEqual([told(), looks], [[0, 1], 3])
    await world.end()
  })

  it('begin though its interpreters do not answer, and are looked for anew at each connection', async () => {
    const world = createWorld()
    let looks = 0
    world.pool.runtimes = async () => {
      looks += 1
      if (looks > 1) await world.clock.after(3_600_000, new AbortController().signal)
      return [{ language: 'python', version: '3.13' }]
    }
    await world.start()
    await world.clock.advance(3_000)
    const inventories = world.server.of('inventory')
    assert.deepEqual([looks, inventories.map(({ runtimes }) => runtimes.length)], [2, [1]])
    await world.end()
  })

  it('begin with the proof of its key and the inventory, and nothing starts before that is answered', async () => {
    const world = createWorld()
    world.server.reconciles = false
    await world.start()
    assert.deepEqual(
      world.server.heard.map((message) => message.type),
      ['hello', 'inventory'],
    )
    assert.equal(world.leftOversKilled, 1)
    assert.deepEqual(world.server.of('inventory')[0]?.runtimes, [{ language: 'python', version: '3.13' }])
    await world.end()
  })

  it('beat with rising numbers, and echo the server’s', async () => {
    const world = createWorld()
    await world.start()
    await world.clock.advance(35_000)
    const beats = world.server.of('heartbeat')
    assert.deepEqual(
      beats.map(({ seq, echo, freeSlots }) => ({ seq, echo, freeSlots })),
      [1, 2, 3].map((seq) => ({ seq, echo: seq, freeSlots: 2 })),
    )
    assert.equal(world.server.connections(), 1)
    await world.end()
  })

  it('end when the server is silent for longer than presence, although the connection still stands', async () => {
    const world = createWorld()
    await world.start()
    world.server.wire().toClient.stalled = true
    await world.clock.advance(29_000)
    assert.equal(world.server.connections(), 1)
    await world.clock.advance(2_500)
    assert.equal(world.server.connections(), 2, 'it came back with a new hello')
    await world.end()
  })

  it('a laptop that wakes throws away what lay in the buffer, and starts nothing of it', async () => {
    const world = createWorld()
    await world.start()
    world.server.wire().toClient.stalled = true
    await world.execute(item(keyNumber(1)))
    world.server.send({ type: 'heartbeat', seq: 9, echo: 0, serverTime: 0 })
    world.clock.suspend(3_600_000)
    world.server.wire().toClient.stalled = false
    await world.clock.advance(1_000)
    assert.equal(world.pool.runs.length, 0)
    assert.equal(world.server.connections(), 2)
    await world.end()
  })

  it('come back with full jitter, never slower than 15 s, while the server is away', async () => {
    const world = createWorld()
    await world.start()
    world.server.up = false
    world.server.wire().cut('gone')
    await world.clock.advance(600_000)
    world.server.up = true
    await world.clock.advance(15_000)
    assert.equal(world.server.connections(), 2)
    assert.equal(world.log.events().filter((event) => event === 'session-ended').length, 2, 'said once per reason')
    await world.end()
  })

  it('a server that moves is left at once and found again after the time it says', async () => {
    const world = createWorld()
    await world.start()
    world.server.send({ type: 'moving', reconnectAfterMs: 20_000 })
    await world.clock.advance(19_000)
    assert.equal(world.server.connections(), 1)
    assert.equal(world.server.wire().isOpen(), false)
    await world.clock.advance(1_600)
    assert.equal(world.server.connections(), 2)
    await world.end()
  })

  it('a client that is not approved waits, says so once, and asks no sooner than it was told', async () => {
    const world = createWorld()
    const refused: Omit<Refused, 'type'> = { code: 'not-approved', reason: 'pending', retryAfterMs: 30_000 }
    world.server.refuse = refused
    await world.start()
    await world.clock.advance(299_000)
    assert.equal(world.server.connections(), 10)
    const said = world.log.lines.filter((line) => line.event === 'session-ended')
    assert.equal(said.length, 1)
    assert.match(String(said[0]?.fields['remedy']), /administrator has to approve/)
    world.server.refuse = undefined
    await world.clock.advance(31_000)
    assert.equal(world.server.of('inventory').length, 1)
    await world.end()
  })

  it('a revoked client ends its work, says so and stops', async () => {
    const world = createWorld()
    await world.start()
    await world.execute(item(keyNumber(1)))
    world.server.send({ type: 'refused', code: 'revoked', reason: 'stolen', retryAfterMs: 0 })
    await world.clock.advance(20_000)
    assert.equal(world.outcome, 'revoked')
    assert.deepEqual(world.pool.runs[0]?.stops, ['client-stopping'])
    assert.ok(world.log.events().includes('revoked'))
  })

  it('a server with another id gets no signature', async () => {
    const world = createWorld()
    world.server.serverId = 'somebody else'
    await world.start()
    assert.deepEqual(world.server.heard, [])
    assert.match(
      String(world.log.lines.find((line) => line.event === 'session-ended')?.fields['why']),
      /enrolled at server-1/,
    )
    await world.end()
  })

  it('a server that speaks no protocol of the client’s gets no hello; both numbers are said, and it is asked again', async () => {
    const world = createWorld()
    world.server.protocols = [7, 8]
    await world.start()
    await world.clock.advance(60_000)
    assert.deepEqual(world.server.heard, [])
    const said = world.log.lines.filter(({ event }) => event === 'session-ended')
    assert.equal(said.length, 1, 'said once')
    assert.match(String(said[0]?.fields['why']), /the server speaks protocol 7, 8, this client 1/)
    assert.ok(world.server.connections() > 1, 'it may be updated meanwhile')
    world.server.protocols = [7, 1]
    await world.clock.advance(16_000)
    assert.equal(world.server.of('hello')[0]?.protocol, 1, 'the one that both speak')
    await world.end()
  })

  it('begin only when nothing runs any more that an earlier life of the client left', async () => {
    const world = createWorld()
    const killing = Promise.withResolvers<void>()
    world.leftOversGone = killing.promise
    await world.start()
    await world.clock.advance(10_000)
    assert.deepEqual([world.leftOversKilled, world.server.connections()], [0, 0])
    killing.resolve()
    await world.clock.advance(600)
    assert.deepEqual([world.leftOversKilled, world.server.of('hello').length], [1, 1])
    await world.end()
  })

  const wrong: [string, (world: ReturnType<typeof createWorld>) => void, string][] = [
    ['text that is not JSON', ({ server }) => server.send('x' as never), 'wrong-message'],
    ['an unknown key', ({ server }) => server.send({ type: 'drain', on: true, force: true } as never), 'wrong-message'],
    ['an unknown type', ({ server }) => server.send({ type: 'update' } as never), 'wrong-message'],
    ['a second welcome', ({ server }) => server.send({ ...WELCOME }), 'message-out-of-place'],
    [
      'a second reconciled',
      ({ server }) => server.send({ type: 'reconciled', attempts: [], last: true }),
      'message-out-of-place',
    ],
  ]
  for (const [what, send, event] of wrong) {
    it(`${what} closes the connection with a line in the log, and the client comes back`, async () => {
      const world = createWorld()
      await world.start()
      send(world)
      await world.clock.advance(20_000)
      assert.ok(world.log.events().includes(event))
      assert.equal(world.server.connections(), 2)
      await world.end()
    })
  }

  it('an execute before the inventory is answered closes the connection', async () => {
    const world = createWorld()
    world.server.reconciles = false
    await world.start()
    await world.execute(item(keyNumber(1)))
    assert.ok(world.log.events().includes('message-out-of-place'))
    assert.equal(world.pool.runs.length, 0)
    await world.end()
  })

  it('a server that never welcomes is given up after 20 s', async () => {
    const world = createWorld()
    world.server.welcomes = false
    world.server.beats = false
    await world.start()
    await world.clock.advance(21_000)
    assert.equal(world.server.connections(), 2)
    await world.end()
  })

  it('end with leaving when the client is told to stop, and leave no timer behind', async () => {
    const world = createWorld()
    await world.start()
    await world.end()
    assert.equal(world.server.of('leaving').length, 1)
    assert.equal(world.outcome, 'stopped')
    assert.equal(world.clock.waiting(), 0)
  })
})

const WELCOME: FromServer = {
  type: 'welcome',
  sessionId: keyNumber(5).execution as never,
  serverEpoch: 1,
  heartbeatMs: 10_000,
  presenceMs: 30_000,
  holdMs: 120_000,
  downloadToken: '',
  limits: { messageBytesMax: 1_000, outputBytesMax: 1, resultBytesMax: 1 },
}

leakCheck()
