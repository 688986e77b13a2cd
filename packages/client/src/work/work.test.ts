import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import type { FromServer } from '@octopus/protocol/from-server.ts'

import { createWorld, item, keyNumber } from '#testing/client-world.ts'

import type { CancelItem } from './session-notes.ts'

const results = (world: ReturnType<typeof createWorld>) =>
  world.server.of('result').flatMap((message) => message.results)
const rejections = (world: ReturnType<typeof createWorld>) =>
  world.server
    .of('rejected')
    .flatMap((message) => message.executions.map(({ execution, reason }) => ({ execution, reason })))
const endsOf = (world: ReturnType<typeof createWorld>) => results(world).map(({ end, reason }) => `${end} ${reason}`)

describe('an execution on a client', () => {
  it('is in the journal before it starts, and its result is there before it is sent', async () => {
    const world = createWorld({ syncMs: 5 })
    await world.start()
    world.server.send({ type: 'execute', executions: [item(keyNumber(1))] })
    await world.clock.advance(4)
    assert.match(String(world.disk.peek('/state/journal')), /starting/)
    assert.equal(world.pool.runs.length, 0, 'written is not fsynced')
    await world.clock.advance(5)
    assert.equal(world.pool.runs.length, 1)
    world.pool.runs[0]?.end()
    await world.clock.advance(4)
    assert.equal(results(world).length, 0)
    await world.clock.advance(1)
    assert.deepEqual(endsOf(world), ['succeeded finished'])
    await world.end()
  })

  it('runs the verified bytes with its arguments and limits', async () => {
    const world = createWorld()
    await world.start()
    await world.execute(item(keyNumber(1), { argsJson: '[1.0]', kwargsJson: '{"a":12345678901234567890}' }))
    const work = world.pool.runs[0]?.work
    assert.equal(work?.source.toString(), 'def run(): return "done"\n')
    assert.deepEqual([work?.argsJson, work?.kwargsJson], ['[1.0]', '{"a":12345678901234567890}'])
    await world.end()
  })

  it('that ends within 250 ms is reported by its result alone, a longer one also by started', async () => {
    const world = createWorld()
    world.server.disposition = () => undefined
    await world.start()
    await world.execute(item(keyNumber(1)), item(keyNumber(2)))
    await world.clock.advance(200)
    world.pool.runs[0]?.end()
    await world.clock.advance(100)
    assert.deepEqual(
      world.server.of('started').map((message) => message.executions.map((one) => one.execution)),
      [[keyNumber(2).execution]],
    )
    assert.equal(world.server.of('accepted').flatMap((message) => message.executions).length, 2)
    await world.end()
  })

  for (const [when, before] of [
    ['while it runs', async () => {}],
    ['while its result is unanswered', async (world) => world.pool.runs[0]?.end()],
    [
      'after its result was answered',
      async (world) => {
        world.server.disposition = () => 'applied'
        world.pool.runs[0]?.end()
      },
    ],
    [
      'after a crash of the client',
      async (world) => {
        await world.crash()
        await world.start()
      },
    ],
    [
      'after a crash that followed the answer',
      async (world) => {
        world.server.disposition = () => 'applied'
        world.pool.runs[0]?.end()
        await world.clock.settle()
        await world.execute(item(keyNumber(7)))
        await world.crash()
        await world.start()
      },
    ],
  ] as [string, (world: ReturnType<typeof createWorld>) => Promise<void>][]) {
    it(`is answered and not started again when it is handed over again ${when}`, async () => {
      const world = createWorld()
      world.server.disposition = () => undefined
      await world.start()
      await world.execute(item(keyNumber(1)))
      await before(world)
      await world.clock.settle()
      const spoken = world.server.heard.length
      const starts = world.pool.runs.length
      await world.execute(item(keyNumber(1)))
      await world.clock.advance(1_000)
      assert.equal(world.pool.runs.length, starts)
      assert.ok(
        world.server.heard.slice(spoken).some(({ type }) => type === 'accepted' || type === 'result') ||
          results(world).length > 0,
      )
      await world.end()
    })
  }

  it('with an older fence than the client knows is not started', async () => {
    const world = createWorld()
    await world.start()
    await world.execute(item(keyNumber(1, 20)))
    await world.execute(item(keyNumber(1, 10)))
    assert.equal(world.pool.runs.length, 1)
    assert.ok(world.log.events().includes('stale-execute'))
    await world.end()
  })

  it('kills the older attempt first, and starts when its processes are gone', async () => {
    const world = createWorld()
    await world.start()
    world.pool.onStop = () => {}
    await world.execute(item(keyNumber(1, 10)))
    await world.execute(item({ ...keyNumber(1, 20), attempt: 2 }))
    await world.clock.advance(5_000)
    assert.deepEqual(world.pool.runs[0]?.stops, ['cancelled'])
    assert.equal(world.pool.runs.length, 1)
    world.pool.runs[0]?.end({ end: 'cancelled', reason: 'cancelled' })
    await world.clock.settle()
    assert.equal(world.pool.runs.length, 2)
    await world.end()
  })

  it('waits for a slot; beyond as many again it goes back, and a repeated one is answered alike', async () => {
    const world = createWorld({ slots: 2 })
    await world.start()
    await world.execute(...[1, 2, 3, 4, 5].map((n) => item(keyNumber(n))))
    assert.equal(world.pool.alive().length, 2)
    assert.deepEqual(rejections(world), [{ execution: keyNumber(5).execution, reason: 'no-slot' }])
    for (const run of world.pool.runs.slice()) run.end()
    await world.clock.settle()
    assert.equal(world.pool.alive().length, 2)
    await world.execute(item(keyNumber(5)))
    assert.equal(rejections(world).length, 2, 'it was sent back: the server may have given it to somebody else')
    await world.end()
  })

  it('that cannot start in time goes back as too late, also when the wall clock ran on in a sleep', async () => {
    const world = createWorld({ slots: 1 })
    await world.start()
    await world.execute(item(keyNumber(1)), item(keyNumber(2), { startWithinMs: 5_000 }))
    await world.clock.advance(5_000)
    assert.deepEqual(rejections(world), [{ execution: keyNumber(2).execution, reason: 'too-late' }])
    await world.end()
  })

  it('is refused where its language does not run, and where the disk is full', async () => {
    const world = createWorld()
    await world.start()
    await world.execute(item(keyNumber(1), { language: 'powershell' }))
    world.freeDiskBytes = 1_000
    await world.clock.advance(10_000)
    await world.execute(item(keyNumber(2)))
    world.freeDiskBytes = 1e12
    await world.clock.advance(10_000)
    world.disk.fault = (operation) =>
      operation === 'append' || operation === 'replace' ? new Error('ENOSPC') : undefined
    await world.execute(item(keyNumber(3)))
    await world.execute(item(keyNumber(4)))
    assert.deepEqual(
      rejections(world).map(({ reason }) => reason),
      ['runtime-missing', 'disk-full', 'disk-full', 'disk-full'],
    )
    world.disk.fault = undefined
    await world.clock.advance(1_000)
    await world.execute(item(keyNumber(5)))
    assert.equal(world.pool.runs.length, 1)
    await world.end()
  })

  it('goes back when the client is drained, unless it runs', async () => {
    const world = createWorld({ slots: 1 })
    await world.start()
    await world.execute(item(keyNumber(1)), item(keyNumber(2)))
    world.server.send({ type: 'drain', on: true })
    await world.execute(item(keyNumber(3)))
    assert.deepEqual(
      rejections(world).map(({ execution, reason }) => `${execution.at(-1)} ${reason}`),
      ['3 draining', '2 draining'],
    )
    assert.equal(world.pool.alive().length, 1)
    world.pool.runs[0]?.end()
    world.server.send({ type: 'drain', on: false })
    await world.execute(item(keyNumber(4)))
    assert.equal(world.pool.alive().length, 1)
    await world.end()
  })

  it('whose runner throws is a failure, not the end of the client', async () => {
    const world = createWorld()
    await world.start()
    world.pool.start = () => {
      throw new Error('EAGAIN')
    }
    await world.execute(item(keyNumber(1)))
    assert.deepEqual(endsOf(world), ['failed crashed'])
    await world.end()
  })
})

describe('a cancel', () => {
  const cancelOf = (n: number, change: Partial<CancelItem> = {}): FromServer => ({
    type: 'cancel',
    executions: [{ ...keyNumber(n), reason: 'cancelled', ifNotStarted: false, ...change }],
  })

  it('stops what runs, confirms what waits without starting it, and takes a real end as it comes', async () => {
    const world = createWorld({ slots: 1 })
    await world.start()
    await world.execute(item(keyNumber(1)), item(keyNumber(2)))
    world.server.send(cancelOf(2))
    await world.clock.settle()
    assert.deepEqual(endsOf(world), ['cancelled cancelled'])
    world.pool.onStop = (run) => run.end()
    world.server.send(cancelOf(1))
    await world.clock.settle()
    assert.deepEqual(endsOf(world), ['cancelled cancelled', 'succeeded finished'])
    assert.equal(world.pool.runs.length, 1)
    await world.end()
  })

  it('with ifNotStarted leaves what runs alone', async () => {
    const world = createWorld()
    await world.start()
    await world.execute(item(keyNumber(1)))
    world.server.send(cancelOf(1, { ifNotStarted: true }))
    await world.clock.settle()
    assert.deepEqual(world.pool.runs[0]?.stops, [])
    await world.end()
  })

  it('that comes before its execute still counts', async () => {
    const world = createWorld()
    await world.start()
    world.server.send(cancelOf(1, { reason: 'timed-out' }))
    await world.execute(item(keyNumber(1)))
    assert.deepEqual(endsOf(world), ['timed-out timed-out'])
    assert.equal(world.pool.runs.length, 0)
    await world.end()
  })
})

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

  it('whose laptop slept beyond hold stops them as soon as it wakes', async () => {
    const world = createWorld()
    await world.start()
    await world.execute(item(keyNumber(1), { onDisconnect: 'stop' }))
    world.clock.suspend(3_600_000)
    await world.clock.advance(1_000)
    assert.deepEqual(world.pool.runs[0]?.stops, ['stopped-on-disconnect'])
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
    await world.clock.advance(130_000)
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
