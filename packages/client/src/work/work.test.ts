import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import type { FromServer } from '@octopus/protocol/from-server.ts'
import { DISPOSITIONS } from '@octopus/protocol/work.ts'

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

  for (const disposition of DISPOSITIONS) {
    it(`whose result was answered with ${disposition} is forgotten, also by the next life of the client`, async () => {
      const world = createWorld()
      world.server.disposition = () => undefined
      await world.start()
      await world.execute(item(keyNumber(1)))
      world.pool.runs[0]?.end()
      await world.clock.settle()
      const known = (): readonly unknown[] => world.server.of('inventory').at(-1)?.attempts ?? []
      world.server.disposition = () => disposition
      world.server.wire().cut('gone')
      await world.clock.advance(16_000)
      assert.equal(known().length, 1, 'it was not answered')
      const sent = results(world).length
      assert.equal(sent, 2)
      world.server.wire().cut('gone')
      await world.clock.advance(16_000)
      assert.deepEqual([world.server.connections(), known()], [3, []])
      await world.end()
      await world.start()
      assert.deepEqual([world.server.connections(), known(), results(world).length], [4, [], sent])
      await world.end()
    })
  }

  it('tells its progress so often as a person can read, the newest last', async () => {
    const world = createWorld()
    await world.start()
    await world.execute(item(keyNumber(1)), item(keyNumber(2)))
    const begun = world.clock.monotonic()
    for (let n = 1; n <= 100; n++) {
      for (const { events } of world.pool.runs) events.progress(n / 100, `step ${n}`)
      await world.clock.advance(10)
    }
    const told = () => world.server.of('progress').filter(({ execution }) => execution === keyNumber(1).execution)
    const bound = Math.ceil((world.clock.monotonic() - begun) / 200) + 1
    assert.ok(told().length > 1 && told().length <= bound, `${told().length} messages in a second`)
    await world.clock.advance(200)
    assert.deepEqual(
      [told().at(-1)?.text, world.server.of('progress').at(-1)?.text, told().at(-1)?.fraction],
      ['step 100', 'step 100', 1],
    )
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

  it('kills the older attempt first, and starts when its processes are gone and its end is on the disk', async () => {
    const world = createWorld({ syncMs: 5 })
    await world.start()
    world.pool.onStop = () => {}
    await world.execute(item(keyNumber(1, 10)))
    await world.execute(item({ ...keyNumber(1, 20), attempt: 2 }))
    await world.clock.advance(5_000)
    assert.deepEqual(world.pool.runs[0]?.stops, ['cancelled'])
    assert.equal(world.pool.runs.length, 1)
    world.pool.runs[0]?.end({ end: 'cancelled', reason: 'cancelled' })
    await world.clock.advance(100)
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

  it('whose process is ready only when it is too late does not begin, and goes back', async () => {
    const world = createWorld()
    world.pool.isCold = true
    await world.start()
    await world.execute(item(keyNumber(1), { startWithinMs: 5_000 }))
    await world.clock.advance(4_999)
    world.clock.stepWall(1)
    world.pool.runs[0]?.ready()
    await world.clock.settle()
    assert.deepEqual(rejections(world), [{ execution: keyNumber(1).execution, reason: 'too-late' }])
    assert.deepEqual(world.server.of('started'), [])
    await world.crash()
    await world.start()
    assert.deepEqual(world.server.of('inventory').at(-1)?.attempts, [], 'the journal knows that it did not start')
    await world.end()
  })

  it('whose process is not ready in time goes back then, and waits for it no longer', async () => {
    const world = createWorld({ slots: 1 })
    world.pool.isCold = true
    await world.start()
    await world.execute(item(keyNumber(1), { startWithinMs: 5_000 }), item(keyNumber(2)))
    await world.clock.advance(4_999)
    assert.deepEqual(rejections(world), [])
    await world.clock.advance(1)
    assert.deepEqual(rejections(world), [{ execution: keyNumber(1).execution, reason: 'too-late' }])
    assert.deepEqual(
      world.pool.alive().map(({ work }) => work.key.execution),
      [keyNumber(2).execution],
      'its slot is free',
    )
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

  it('whose process this PC cannot start for want of room goes back, and waits here for nothing', async () => {
    const world = createWorld()
    world.pool.isCold = true
    await world.start()
    await world.execute(item(keyNumber(1)))
    world.pool.runs[0]?.lacks('ENOSPC: no space left on device')
    await world.clock.settle()
    const { execution } = keyNumber(1)
    assert.deepEqual(rejections(world), [{ execution, reason: 'disk-full' }])
    await world.crash()
    await world.start()
    assert.deepEqual(world.server.of('inventory').at(-1)?.attempts, [], 'the journal knows that it did not start')
    await world.end()
  })

  it('with ifNotStarted ends what waits for its process, before the plugin begins', async () => {
    const world = createWorld()
    world.pool.isCold = true
    await world.start()
    await world.execute(item(keyNumber(1)))
    world.server.send(cancelOf(1, { ifNotStarted: true }))
    await world.clock.settle()
    world.pool.runs[0]?.ready()
    await world.clock.settle()
    assert.deepEqual(
      results(world).map(({ end, startedAt }) => [end, startedAt]),
      [['cancelled', null]],
    )
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

leakCheck()
