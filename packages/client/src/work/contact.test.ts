import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'

import { capFor } from '#connection/keep-connected.ts'
import { createWorld, item, keyNumber } from '#testing/client-world.ts'

const results = (world: ReturnType<typeof createWorld>) =>
  world.server.of('result').flatMap((message) => message.results)
const rejections = (world: ReturnType<typeof createWorld>) =>
  world.server
    .of('rejected')
    .flatMap((message) => message.executions.map(({ execution, reason }) => ({ execution, reason })))
const endsOf = (world: ReturnType<typeof createWorld>) => results(world).map(({ end, reason }) => `${end} ${reason}`)

describe('a client out of contact', () => {
  it('starts nothing of what waits, and goes on when the next session says so', async () => {
    const world = createWorld({ slots: 1 })
    await world.start()
    await world.execute(item(keyNumber(1)), item(keyNumber(2)))
    world.server.up = false
    world.server.wire().cut('gone')
    await world.clock.settle()
    world.pool.runs[0]?.end()
    await world.clock.advance(10_000)
    assert.equal(world.pool.runs.length, 1)
    world.server.up = true
    await world.clock.advance(15_000)
    const phases = world.server
      .of('inventory')
      .at(-1)
      ?.attempts.map(({ phase }) => phase)
    assert.deepEqual(phases, ['held', 'ended'])
    assert.equal(world.pool.runs.length, 2)
    assert.deepEqual(endsOf(world), ['succeeded finished'])
    await world.end()
  })

  it('starts nothing of what waits when the next session says nothing of it', async () => {
    const world = createWorld({ slots: 1 })
    await world.start()
    await world.execute(item(keyNumber(1)), item(keyNumber(2)))
    world.server.verdict = ({ execution, phase }) =>
      execution === keyNumber(2).execution ? undefined : phase === 'ended' ? 'send-result' : 'go-on'
    world.server.wire().cut('gone')
    await world.clock.settle()
    world.pool.runs[0]?.end()
    await world.clock.advance(20_000)
    const told = world.server.of('inventory').at(-1)?.attempts
    assert.deepEqual(
      told?.map(({ execution, phase }) => [execution === keyNumber(2).execution, phase]),
      [
        [true, 'held'],
        [false, 'ended'],
      ],
    )
    assert.deepEqual(endsOf(world), ['succeeded finished'])
    assert.equal(world.pool.runs.length, 1)
    world.server.verdict = () => 'go-on'
    world.server.wire().cut('gone')
    await world.clock.advance(20_000)
    assert.equal(world.pool.runs.length, 2, 'it was kept for the session that says so')
    await world.end()
  })

  it('stops executions with `stop` at hold − 15 s after the last echoed heartbeat was sent, and no others', async () => {
    const world = createWorld()
    await world.start()
    await world.execute(item(keyNumber(1), { onDisconnect: 'stop' }), item(keyNumber(2), { onDisconnect: 'continue' }))
    await world.clock.advance(30_000)
    // The client began at 1 s; the echo that came at 31 s was of the heartbeat sent at 21 s, so it stops at 126 s.
    world.server.up = false
    world.server.wire().cut('gone')
    await world.clock.advance(125_000 - world.clock.monotonic())
    assert.deepEqual(
      world.pool.runs.map((run) => run.stops),
      [[], []],
    )
    await world.clock.advance(2_000)
    assert.deepEqual(
      world.pool.runs.map((run) => run.stops[0]),
      ['stopped-on-disconnect', undefined],
    )
    world.server.up = true
    await world.clock.advance(16_000)
    assert.deepEqual(endsOf(world), ['lost stopped-on-disconnect'])
    await world.end()
  })

  it('stops nothing if the server is back some seconds before it would have to, whenever that is', async () => {
    // As above, work would be stopped at 126 s.
    for (let seed = 1; seed <= 60; seed++) {
      const backAt = 123_000 - (seed % 20) * 1_000
      const world = createWorld({ seed })
      await world.start()
      await world.execute(item(keyNumber(1), { onDisconnect: 'stop' }))
      await world.clock.advance(30_000)
      world.server.up = false
      world.server.wire().cut('gone')
      await world.clock.advance(backAt - world.clock.monotonic())
      world.server.up = true
      await world.clock.advance(20_000)
      assert.deepEqual(world.pool.runs[0]?.stops, [], `seed ${seed}: the server was back at ${backAt} ms`)
      await world.end()
    }
  })

  it('hurries to reconnect only while there is something to save, and never without bounds', () => {
    for (const [leftMs, capMs] of [
      [Infinity, 15_000],
      [90_000, 15_000],
      [40_000, 10_000],
      [5_000, 2_000],
      [1, 2_000],
      [0, 15_000],
      [-1_000, 15_000],
    ] as const) {
      assert.equal(capFor(leftMs), capMs, `${leftMs} ms are left`)
    }
  })

  it('whose laptop slept beyond hold stops them as soon as it wakes', async () => {
    const world = createWorld()
    await world.start()
    await world.execute(item(keyNumber(1), { onDisconnect: 'stop' }))
    world.clock.suspend(3_600_000)
    await world.clock.advance(1_000)
    assert.deepEqual(world.pool.runs[0]?.stops, ['stopped-on-disconnect'])
    await world.end()
  })

  it('whose laptop slept beyond hold stops them, though the server says go on before it has looked', async () => {
    const world = createWorld()
    await world.start()
    await world.execute(item(keyNumber(1), { onDisconnect: 'stop' }))
    world.clock.suspend(3_600_000)
    world.server.wire().cut('gone')
    for (let ms = 0; ms < 900 && world.server.of('inventory').length < 2; ms += 10) await world.clock.advance(10)
    assert.equal(world.server.of('inventory').length, 2, 'it is not back before it looks: the order is another one')
    await world.clock.advance(20)
    assert.deepEqual(world.pool.runs[0]?.stops, ['stopped-on-disconnect'])
    await world.end()
  })

  it('whose laptop slept between the write of the journal and the start does not start', async () => {
    const world = createWorld({ syncMs: 5 })
    await world.start()
    world.server.send({ type: 'execute', executions: [item(keyNumber(1), { startWithinMs: 86_400_000 })] })
    await world.clock.advance(4)
    assert.match(String(world.disk.peek('/state/journal')), /starting/)
    world.clock.suspend(3_600_000)
    world.server.up = false
    await world.clock.advance(5)
    assert.equal(world.pool.runs.length, 0)
    await world.end()
  })

  for (const onDisconnect of ['stop', 'continue'] as const) {
    it(`whose PC stood still while a process started does not begin in it, but when the server says go on: ${onDisconnect}`, async () => {
      const world = createWorld()
      world.pool.isCold = true
      await world.start()
      await world.execute(item(keyNumber(1), { onDisconnect, startWithinMs: 86_400_000 }))
      world.clock.suspend(3_600_000)
      // What waits in a pipe is read before any timer is looked at.
      world.pool.runs[0]?.ready()
      await world.clock.advance(20_000)
      assert.equal(world.server.connections(), 2)
      assert.deepEqual(
        world.server.of('inventory')[1]?.attempts.map(({ phase }) => phase),
        ['starting'],
      )
      assert.deepEqual(world.pool.runs[0]?.stops, [])
      assert.equal(world.pool.runs.length, 2, 'it starts anew')
      world.pool.runs[1]?.ready()
      world.pool.runs[1]?.end()
      await world.clock.settle()
      assert.deepEqual(endsOf(world), ['succeeded finished'])
      await world.end()
    })
  }

  it('whose laptop slept says of nothing that had ended before that it was stopped', async () => {
    const world = createWorld()
    await world.start()
    await world.execute(item(keyNumber(1), { onDisconnect: 'stop' }))
    world.pool.runs[0]?.end()
    await world.clock.settle()
    world.clock.suspend(3_600_000)
    await world.clock.advance(2_000)
    assert.deepEqual(
      world.log.lines.filter(({ event }) => event === 'stopped-on-disconnect'),
      [],
    )
    await world.end()
  })

  it('a newer session renews the hold only by go-on; runners are told with each echo', async () => {
    const world = createWorld()
    await world.start()
    await world.execute(item(keyNumber(1), { onDisconnect: 'stop' }), item(keyNumber(2), { onDisconnect: 'stop' }))
    const [one, two] = world.pool.runs
    assert.deepEqual(one?.holds.length, 1)
    await world.clock.advance(35_000)
    assert.ok((one?.holds.length ?? 0) >= 3)
    assert.ok(one?.holds.every((leftMs) => leftMs > 0 && leftMs <= 115_000))
    world.server.verdict = ({ execution }) => (execution === keyNumber(1).execution ? 'go-on' : undefined)
    world.server.wire().cut('gone')
    const toldBefore = two?.holds.length
    await world.clock.advance(130_000)
    assert.equal(two?.holds.length, toldBefore, 'its runner is told of a session that never said that it may go on')
    assert.deepEqual(one?.stops, [])
    assert.deepEqual(two?.stops[0], 'stopped-on-disconnect')
    await world.end()
  })
})

describe('reconciling', () => {
  it('a start without an end is lost as client-restarted, at once, in the first inventory', async () => {
    const world = createWorld()
    await world.start()
    await world.execute(item(keyNumber(1)))
    await world.crash()
    await world.start()
    const told = world.server.of('inventory').at(-1)
    assert.deepEqual(
      told?.attempts.map(({ phase }) => phase),
      ['ended'],
    )
    assert.deepEqual(endsOf(world), ['lost client-restarted'])
    assert.equal(world.server.of('hello')[0]?.journalId, world.server.of('hello')[1]?.journalId)
    assert.ok((told?.journalSeq ?? 0) > 0)
    await world.end()
  })

  it('a start without an end says that its output was cut: what had not been sent is gone', async () => {
    const world = createWorld()
    world.server.acknowledgeOutput = false
    await world.start()
    await world.execute(item(keyNumber(1)))
    // More than a window together: the second one waits in memory.
    for (const text of ['a', 'b']) {
      world.pool.runs[0]?.events.output({ stream: 'stdout', at: world.clock.wall(), text: text.repeat(60_000) })
    }
    await world.clock.settle()
    assert.equal(world.server.of('output').length, 1)
    await world.crash()
    await world.start()
    await world.clock.advance(1_000)
    assert.deepEqual(
      results(world).map(({ reason, cut }) => [reason, cut.output]),
      [['client-restarted', true]],
    )
    await world.end()
  })

  it('verdicts: stop and forget end what runs, forget silently; without a verdict results stay', async () => {
    const world = createWorld({ slots: 4 })
    world.server.disposition = () => undefined
    await world.start()
    await world.execute(...[1, 2, 3, 4].map((n) => item(keyNumber(n))))
    world.pool.runs[2]?.end()
    world.pool.runs[3]?.end()
    await world.clock.settle()
    const before = results(world).length
    world.server.verdict = ({ execution }) =>
      execution === keyNumber(1).execution
        ? 'stop'
        : execution === keyNumber(2).execution || execution === keyNumber(3).execution
          ? 'forget'
          : undefined
    world.server.wire().cut('gone')
    await world.clock.advance(1_000)
    assert.deepEqual([world.pool.runs[0]?.stops, world.pool.runs[1]?.stops], [['cancelled'], ['cancelled']])
    const later = results(world).slice(before)
    assert.deepEqual(
      later.map(({ execution, end }) => [execution, end]),
      [[keyNumber(1).execution, 'cancelled']],
    )
    world.server.wire().cut('gone')
    await world.clock.advance(1_000)
    const last = world.server
      .of('inventory')
      .at(-1)
      ?.attempts.map(({ execution }) => execution)
    assert.deepEqual(last?.toSorted(), [keyNumber(1).execution, keyNumber(4).execution])
    await world.end()
  })

  it('an inventory beyond a page comes in pages, and the results follow in a bounded stream', async () => {
    const world = createWorld({ slots: 64 })
    world.server.disposition = () => undefined
    world.server.verdict = () => undefined
    await world.start()
    world.pool.onStart = (run) => run.end()
    for (let n = 0; n < 1_050; n += 50) {
      await world.execute(...Array.from({ length: 50 }, (_, i) => item(keyNumber(1_000 + n + i))))
    }
    assert.equal(results(world).length, 200, 'the window is full')
    world.server.verdict = () => 'send-result'
    world.server.disposition = () => 'duplicate'
    world.server.wire().cut('gone')
    await world.clock.advance(2_000)
    assert.deepEqual(
      world.server
        .of('inventory')
        .slice(-2)
        .map(({ attempts, last }) => [attempts.length, last]),
      [
        [1_000, false],
        [50, true],
      ],
    )
    assert.equal(new Set(results(world).map(({ execution }) => execution)).size, 1_050)
    world.server.wire().cut('gone')
    await world.clock.advance(2_000)
    assert.deepEqual(world.server.of('inventory').at(-1)?.attempts, [])
    await world.end()
  })
})

describe('stopping the client', () => {
  it('sends back what waits, stops what runs as lost, reports it, and leaves', async () => {
    const world = createWorld({ slots: 1 })
    await world.start()
    await world.execute(item(keyNumber(1)), item(keyNumber(2)))
    world.stop.abort(new Error('the client was told to stop'))
    await world.clock.advance(3_000)
    assert.deepEqual(rejections(world), [{ execution: keyNumber(2).execution, reason: 'draining' }])
    assert.deepEqual(endsOf(world), ['lost client-stopping'])
    assert.equal(world.server.heard.at(-1)?.type, 'leaving')
    assert.equal(world.outcome, 'stopped')
    assert.equal(world.clock.waiting(), 0)
    await world.start()
    assert.deepEqual(world.server.of('inventory').at(-1)?.attempts, [])
    await world.end()
  })
})

leakCheck()
