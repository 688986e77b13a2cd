import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import type { FromServer } from '@octopus/protocol/from-server.ts'
import fc from 'fast-check'

import { createWorld, item, keyNumber } from '#testing/client-world.ts'

/** Few, as every change runs them; on a quiet evening: CLIENT_RUNS=5000 node --test packages/client/src/client.test.ts */
const RUNS = Number(process.env['CLIENT_RUNS'] ?? 60)

type World = ReturnType<typeof createWorld>

/** What can happen to a client; `n` picks the execution or the process it happens to. */
const EVENTS = {
  execute: (world: World, n: number) =>
    world.execute(item(keyNumber(n), { onDisconnect: n % 2 ? 'stop' : 'continue' })),
  cancel: async (world: World, n: number) => {
    const one = { ...keyNumber(n), reason: 'cancelled' as const, ifNotStarted: n % 3 === 0 }
    world.server.send({ type: 'cancel', executions: [one] })
  },
  end: async (world: World, n: number) => world.pool.alive()[n % 3]?.end(),
  print: async (world: World, n: number) => {
    world.pool.alive()[n % 3]?.events.output({ stream: 'stdout', at: 1, text: `line ${n}\n` })
  },
  wait: (world: World, n: number) => world.clock.advance(n * 300),
  waitLong: (world: World, n: number) => world.clock.advance(n * 4_000),
  sleep: async (world: World, n: number) => world.clock.suspend(n * 10_000),
  cut: async (world: World) => world.server.connections() > 0 && world.server.wire().cut('cut'),
  stall: async (world: World, n: number) => {
    if (world.server.connections() > 0) world.server.wire()[n % 2 ? 'toClient' : 'toServer'].stalled = true
  },
  twice: async (world: World) => {
    if (world.server.connections() > 0) world.server.wire().toClient.copies = () => 2
  },
  swap: async (world: World) => {
    let odd = false
    if (world.server.connections() > 0) world.server.wire().toClient.late = () => (odd = !odd)
  },
  crash: async (world: World, n: number) => {
    await world.crash((n % 5) / 4)
    await world.start()
  },
  silence: async (world: World, n: number) => {
    world.server.disposition = () => (n % 2 ? undefined : 'applied')
  },
  fullDisk: async (world: World) => {
    world.disk.fault = (operation) =>
      operation === 'append' || operation === 'replace' ? new Error('ENOSPC') : undefined
  },
  roomAgain: async (world: World) => {
    world.disk.fault = undefined
  },
} as const

const NAMES = Object.keys(EVENTS) as (keyof typeof EVENTS)[]

const OFTEN = ['execute', 'execute', 'end', 'wait', 'roomAgain'] as const

const script = fc.array(
  fc.record({
    // Work comes more often than trouble, or there would be nothing to trouble.
    event: fc.constantFrom<keyof typeof EVENTS>(...OFTEN, ...OFTEN, ...OFTEN, ...NAMES),
    n: fc.integer({ min: 1, max: 16 }),
  }),
  { minLength: 20, maxLength: 60, size: 'max' },
)

/** Everything works again, for long enough that nothing may be left undone. */
async function heal(world: World): Promise<void> {
  world.disk.fault = undefined
  world.server.disposition = () => 'applied'
  if (world.server.connections() > 0) world.server.wire().cut('healed')
  for (let round = 0; round < 6; round++) {
    await world.clock.advance(20_000)
    for (const run of world.pool.alive()) run.end()
  }
}

describe('whatever happens to a client', () => {
  it('an attempt starts at most once, every start is answered by one outcome, and nothing is left in the end', async () => {
    let startsSeen = 0
    await fc.assert(
      fc.asyncProperty(script, async (steps) => {
        const world = createWorld({ syncMs: 3 })
        const starts: string[] = []
        world.onRun = (work) => void starts.push(`${work.key.execution}/${work.key.fence}`)
        await world.start()
        for (const { event, n } of steps) await EVENTS[event](world, n)
        await heal(world)
        startsSeen += starts.length
        const told = `after ${JSON.stringify(steps)}`
        assert.deepEqual(starts, [...new Set(starts)], `started twice ${told}`)
        const results = world.server.of('result').flatMap((message) => message.results)
        for (const key of starts) {
          const mine = results.filter(({ execution, fence }) => `${execution}/${fence}` === key)
          assert.ok(mine.length > 0, `no result for ${key} ${told}`)
          assert.equal(
            new Set(mine.map(({ end, reason }) => `${end} ${reason}`)).size,
            1,
            `two outcomes for ${key} ${told}`,
          )
        }
        world.server.wire().cut('look')
        await world.clock.advance(20_000)
        assert.deepEqual(world.server.of('inventory').at(-1)?.attempts, [], told)
        await world.end()
        assert.equal(world.outcome, 'stopped')
      }),
      { numRuns: RUNS },
    )
    assert.ok(startsSeen > RUNS, `only ${startsSeen} starts: the scripts no longer reach the work`)
  })

  it('messages that come twice or swapped change no outcome', async () => {
    const outcome = async (disturb: (world: World) => void): Promise<unknown> => {
      const world = createWorld({ slots: 4 })
      await world.start()
      disturb(world)
      const cancel = (n: number): FromServer => ({
        type: 'cancel',
        executions: [{ ...keyNumber(n), reason: 'cancelled', ifNotStarted: false }],
      })
      world.server.send({ type: 'execute', executions: [item(keyNumber(1))] })
      world.server.send({ type: 'execute', executions: [item(keyNumber(2))] })
      world.server.send(cancel(2))
      world.server.send({ type: 'execute', executions: [item(keyNumber(3))] })
      world.server.send({ type: 'execute', executions: [item(keyNumber(4), { language: 'shell' })] })
      await world.clock.advance(1_000)
      for (const run of world.pool.alive()) run.end()
      await heal(world)
      const results = world.server.of('result').flatMap((message) => message.results)
      const rejected = world.server.of('rejected').flatMap((message) => message.executions)
      return [
        [...new Set(results.map(({ execution, end }) => `${execution} ${end}`))].toSorted(),
        [...new Set(rejected.map(({ execution, reason }) => `${execution} ${reason}`))].toSorted(),
      ]
    }
    const undisturbed = await outcome(() => {})
    assert.deepEqual(await outcome((world) => (world.server.wire().toClient.copies = () => 2)), undisturbed)
    for (let nth = 0; nth < 5; nth++) {
      let count = 0
      const swapped = await outcome((world) => (world.server.wire().toClient.late = () => count++ === nth))
      assert.deepEqual(swapped, undisturbed, `message ${nth} after the next`)
    }
  })
})

leakCheck()
