import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createSeededRandom } from '@octopus/kit/random.ts'
import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'
import { leakCheck } from '@octopus/kit/testing/leaks.ts'

import { EngineWorld } from '#testing/engine-world.ts'

import {
  Admission,
  ADMISSION_WAIT_MS_MAX,
  ADMISSION_WAITING_MAX,
  type AdmissionOutcome,
  ADMITTED_AT_ONCE,
  ADMITTED_MS_MAX,
} from './admission.ts'

function createDoorway() {
  const clock = createHandClock()
  const life = new AbortController()
  const admission = new Admission({ clock, random: createSeededRandom(1), signal: life.signal })
  const outcomes: (AdmissionOutcome | undefined)[] = []
  return {
    clock,
    life,
    admission,
    outcomes,
    /** So many come at once. */
    come: async (count: number, patienceMs = Infinity) => {
      for (let n = 0; n < count; n++) {
        const at = outcomes.push(undefined) - 1
        void admission.enter(patienceMs).then((outcome) => (outcomes[at] = outcome))
      }
      await clock.settle()
    },
    leave: async (at: number) => {
      const outcome = outcomes[at]
      assert.ok(outcome && 'leave' in outcome, `the ${at}th was not let in`)
      outcome.leave()
      outcome.leave()
      await clock.settle()
    },
    inside: () => outcomes.filter((outcome) => outcome && 'leave' in outcome).length,
    sentAway: () => outcomes.flatMap((outcome) => (outcome && 'comeBackMs' in outcome ? [outcome.comeBackMs] : [])),
  }
}

describe('a storm of clients', () => {
  it('is let in some at a time, in the order in which they came', async () => {
    const { come, leave, inside, outcomes, admission, life } = createDoorway()
    await come(ADMITTED_AT_ONCE + 2)
    assert.deepEqual([inside(), admission.waiting], [ADMITTED_AT_ONCE, 2])
    await leave(7)
    assert.deepEqual([inside(), admission.inside, admission.waiting], [ADMITTED_AT_ONCE + 1, ADMITTED_AT_ONCE, 1])
    assert.ok(outcomes[ADMITTED_AT_ONCE] && !outcomes[ADMITTED_AT_ONCE + 1])
    life.abort(new Error('the server stops'))
  })

  it('is sent away beyond what may wait, to come back spread over seconds', async () => {
    const { come, sentAway, admission, life } = createDoorway()
    await come(ADMITTED_AT_ONCE + ADMISSION_WAITING_MAX)
    assert.deepEqual([sentAway().length, admission.waiting], [0, ADMISSION_WAITING_MAX])
    await come(200)
    assert.equal(admission.waiting, ADMISSION_WAITING_MAX)
    const times = sentAway()
    assert.equal(times.length, 200)
    assert.ok(Math.min(...times) >= 1_000 && Math.max(...times) <= 10_000)
    const perSecond = [...Map.groupBy(times, (ms) => Math.floor(ms / 1_000)).values()].map((all) => all.length)
    assert.ok(Math.max(...perSecond) < 60, `they come back together: ${perSecond.join(' ')}`)
    life.abort(new Error('the server stops'))
  })

  it('waits no longer than its own lease allows', async () => {
    const { clock, come, sentAway, admission, life } = createDoorway()
    await come(ADMITTED_AT_ONCE)
    await come(1, 1_000)
    await come(1)
    await clock.advance(1_000)
    assert.equal(sentAway().length, 1)
    await clock.advance(ADMISSION_WAIT_MS_MAX - 1_000)
    assert.deepEqual([sentAway().length, admission.waiting], [2, 0])
    life.abort(new Error('the server stops'))
  })

  it('does not stop behind who was let in and says nothing more', async () => {
    const { clock, come, inside, admission, life } = createDoorway()
    await come(ADMITTED_AT_ONCE)
    await clock.advance(ADMITTED_MS_MAX)
    assert.equal(admission.inside, 0)
    await come(3)
    assert.equal(inside(), ADMITTED_AT_ONCE + 3)
    life.abort(new Error('the server stops'))
  })
})

describe('a server to which all clients come at once', () => {
  it('welcomes so many as it takes in side by side; each that is settled, or goes, makes room for the next', async () => {
    await using world = await EngineWorld.start()
    const names = Array.from({ length: ADMITTED_AT_ONCE + 3 }, (_, n) => `pc-${n}`)
    const clients = await Promise.all(names.map((name) => world.client(name)))
    for (const client of clients) {
      client.connect(world.engine.door)
      client.hello()
    }
    const welcomed = (): number =>
      clients.filter(({ received }) => received.some(({ type }) => type === 'welcome')).length
    await world.clock.advance(100)
    assert.equal(welcomed(), ADMITTED_AT_ONCE)
    clients[0]?.inventory()
    await world.clock.advance(100)
    assert.equal(welcomed(), ADMITTED_AT_ONCE + 1, 'one is settled')
    clients[1]?.cut()
    await world.clock.advance(100)
    assert.equal(welcomed(), ADMITTED_AT_ONCE + 2, 'one has gone')
    await world.clock.advance(ADMISSION_WAIT_MS_MAX)
    const last = clients.at(-1)
    assert.deepEqual([last?.last('refused').code, last?.closedWith], ['busy', 'busy'])
    assert.ok((last?.last('refused').retryAfterMs ?? 0) >= 1_000)
  })
})

leakCheck()
