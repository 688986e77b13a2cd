import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import type { FromClient, InventoryAttempt } from '@octopus/protocol/from-client.ts'
import type { ExecuteItem } from '@octopus/protocol/from-server.ts'
import type { ExecutionId } from '@octopus/protocol/ids.ts'

import { EngineWorld } from '#testing/engine-world.ts'
import type { ScriptedClient } from '#testing/scripted-client.ts'

import type { Offence } from './offence.ts'

type Of<T extends FromClient['type']> = Extract<FromClient, { type: T }>

/** Ann works; Eve lies. Eve has an execution of her own, done, and one that she holds. */
class Stage implements AsyncDisposable {
  readonly world: EngineWorld
  readonly ann: ScriptedClient
  readonly eve: ScriptedClient
  readonly counted = new Map<Offence, number>()
  /** What Ann holds. */
  anns!: ExecuteItem
  /** What Eve had, and holds. */
  done!: ExecuteItem
  held!: ExecuteItem

  private constructor(world: EngineWorld, ann: ScriptedClient, eve: ScriptedClient) {
    this.world = world
    this.ann = ann
    this.eve = eve
  }

  static async open(): Promise<Stage> {
    const world = await EngineWorld.start()
    const [annsUser, evesUser] = [await world.user('ann'), await world.user('eve')]
    const stage = new Stage(world, await world.client('ann', 'ann'), await world.client('eve', 'eve'))
    const { ann, eve } = stage
    await ann.join(world.engine.door)
    await eve.join(world.engine.door)
    await world.task({ owner: 'user', userId: evesUser })
    stage.done = eve.executions()[0] as ExecuteItem
    eve.finish(stage.done)
    await world.clock.advance(20)
    await world.task({ owner: 'user', userId: evesUser })
    stage.held = eve.executions()[1] as ExecuteItem
    await world.task({ owner: 'user', userId: annsUser })
    stage.anns = ann.executions()[0] as ExecuteItem
    world.engine.bus.on('client-misbehaved', ({ offence, count }) => {
      stage.counted.set(offence, (stage.counted.get(offence) ?? 0) + count)
    })
    return stage
  }

  /** Everything that is stored of executions, as text. */
  async state(): Promise<string> {
    const { items } = await this.world.store.listExecutions({ limit: 200, after: null, filter: {} })
    const details = await Promise.all(items.map(({ id }) => this.world.detail(id)))
    const output = await Promise.all(
      items.map(({ id }) => this.world.store.readOutput({ execution: id, from: 0, limitBytes: 1_000 })),
    )
    return JSON.stringify([details, output])
  }

  async audited(): Promise<readonly { action: string; count: number }[]> {
    const { items } = await this.world.store.listAudit({ limit: 200, after: null, filter: { actor: this.eve.id } })
    const offences = items.filter(({ action }) => action !== 'client.enrolled')
    return offences.map(({ action, details }) => ({ action, count: (details as { count: number }).count }))
  }

  /** Ann still gets work, and her results are taken. */
  async annWorks(): Promise<void> {
    this.ann.finish(this.anns, { valueJson: '"honest"' })
    await this.world.clock.advance(20)
    assert.equal(this.ann.last('acknowledge').results[0]?.disposition, 'applied')
    assert.equal((await this.world.detail(this.anns.execution)).result?.valueJson, '"honest"')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.world[Symbol.asyncDispose]()
  }
}

const UNKNOWN = '01890000-0000-7000-8000-000000000001' as ExecutionId
const keyOf = ({ execution, attempt, fence }: ExecuteItem) => ({ execution, attempt, fence })
const chunk = (item: ExecuteItem, changes: object = {}): Of<'output'> => {
  const about = { offset: 0, stream: 'stdout', at: 0, text: 'stolen' } as const
  return { type: 'output', chunks: [{ ...keyOf(item), fenceProof: item.fenceProof, ...about, ...changes }] }
}
const started = (item: ExecuteItem, changes: object = {}): Of<'started'> => ({
  type: 'started',
  executions: [{ ...keyOf(item), startedAt: 1, ...changes }],
})
const rejected = (item: ExecuteItem): Of<'rejected'> => ({
  type: 'rejected',
  executions: [{ ...keyOf(item), reason: 'policy-forbids', detail: 'mine' }],
})

interface Lie {
  readonly says: (stage: Stage) => void
  readonly offence: Offence
  /** What each result is answered. */
  readonly answer?: string
}

const LIES: Readonly<Record<string, Lie>> = {
  "the result of another client's execution": {
    says: ({ eve, anns }) => eve.finish(anns),
    offence: 'result.refuse',
    answer: 'refused unproved',
  },
  "that result with a proof of one's own": {
    says: ({ eve, anns, held }) => eve.finish({ ...anns, fenceProof: held.fenceProof }),
    offence: 'result.refuse',
    answer: 'refused unproved',
  },
  'a result with a fence from the future': {
    says: ({ eve, held }) => eve.finish({ ...held, fence: held.fence + 1_000 }),
    offence: 'result.refuse',
    answer: 'refused unproved',
  },
  'a result of an attempt from the future': {
    says: ({ eve, held }) => eve.finish({ ...held, attempt: 7 }),
    offence: 'result.refuse',
    answer: 'refused wrong-attempt',
  },
  'the result of an execution that does not exist': {
    says: ({ eve, held }) => eve.finish({ ...held, execution: UNKNOWN }),
    offence: 'result.refuse',
    answer: 'refused unproved',
  },
  "output into another client's execution": {
    says: ({ eve, anns }) => eve.say(chunk(anns)),
    offence: 'output.refuse',
  },
  "output with a proof of one's own": {
    says: ({ eve, anns, held }) => eve.say(chunk(anns, { fenceProof: held.fenceProof })),
    offence: 'output.refuse',
  },
  "the start of another client's execution": {
    says: ({ eve, anns }) => eve.say(started(anns)),
    offence: 'attempt.refuse',
  },
  'the start of an execution that does not exist': {
    says: ({ eve, held }) => eve.say(started(held, { execution: UNKNOWN })),
    offence: 'attempt.refuse',
  },
  'the start of an attempt from the future': {
    says: ({ eve, held }) => eve.say(started(held, { attempt: 2 })),
    offence: 'attempt.refuse',
  },
  'the start of a hand-over from the future': {
    says: ({ eve, held }) => eve.say(started(held, { fence: held.fence + 1 })),
    offence: 'attempt.refuse',
  },
  "the rejection of another client's execution": {
    says: ({ eve, anns }) => eve.say(rejected(anns)),
    offence: 'attempt.refuse',
  },
}

describe('a client that lies', () => {
  for (const [what, { says, offence, answer }] of Object.entries(LIES)) {
    it(`says ${what}: refused, answered, counted, audited, and nothing changes`, async () => {
      await using stage = await Stage.open()
      const before = await stage.state()
      says(stage)
      await stage.world.clock.advance(20)
      assert.equal(await stage.state(), before)
      assert.deepEqual([...stage.counted], [[offence, 1]])
      assert.deepEqual(await stage.audited(), [{ action: offence, count: 1 }])
      if (answer !== undefined) {
        const [result] = stage.eve.last('acknowledge').results
        assert.equal(`${result?.disposition} ${result?.code}`, answer)
      }
      assert.equal(stage.eve.closedWith, undefined, 'once is forgiven')
      await stage.annWorks()
    })
  }

  it("lists another client's execution in its inventory: it is told to forget it, and nothing changes", async () => {
    await using stage = await Stage.open()
    const { world, eve, anns } = stage
    const before = await world.detail(anns.execution)
    const phases = ['held', 'started', 'ended'] as const
    const entry = (phase: InventoryAttempt['phase'], fence: number): InventoryAttempt => {
      return { ...keyOf(anns), fence, fenceProof: anns.fenceProof, phase, outputBytes: 0 }
    }
    eve.answersPings = false
    await eve.join(
      world.engine.door,
      phases.map((phase, n) => entry(phase, anns.fence + n)),
    )
    const verdicts = eve.last('reconciled').attempts.map(({ verdict }) => verdict)
    assert.deepEqual(verdicts, ['forget', 'forget', 'forget'])
    assert.deepEqual(await world.detail(anns.execution), before)
    assert.deepEqual([...stage.counted], [['inventory.refuse', 3]])
    assert.deepEqual(await stage.audited(), [{ action: 'inventory.refuse', count: 3 }])
    await stage.annWorks()
  })

  const harmless: Readonly<Record<string, (stage: Stage) => void>> = {
    'progress of another client': ({ eve, anns }) =>
      eve.say({ type: 'progress', ...keyOf(anns), fraction: 1, text: 'stolen' }),
    'a start twice, and one that is over': ({ eve, held, done }) => {
      for (const item of [held, held, done]) eve.say(started(item, { startedAt: 9e12 }))
    },
    'a result again and again': ({ eve, done }) => {
      for (let n = 0; n < 5; n++) eve.finish(done, { end: 'failed', valueJson: '"changed"' })
    },
    'a rejection of what is done': ({ eve, done }) => eve.say(rejected(done)),
    'output that leaves a gap': ({ eve, held }) => eve.say(chunk(held, { offset: 5_000 })),
    'output backwards': ({ eve, held }) => {
      for (const offset of [300, 200, 100]) eve.say(chunk(held, { offset, text: 'x'.repeat(100) }))
    },
  }
  for (const [what, says] of Object.entries(harmless)) {
    it(`says ${what}: nothing is believed, and nothing is held against it`, async () => {
      await using stage = await Stage.open()
      stage.eve.say(started(stage.held))
      await stage.world.clock.advance(20)
      const before = await stage.state()
      says(stage)
      await stage.world.clock.advance(20)
      assert.equal(await stage.state(), before)
      assert.deepEqual([...stage.counted], [])
      await stage.annWorks()
    })
  }

  it('has a clock that is wrong by years: its times are believed as far as they can be true', async () => {
    for (const wrong of [0, 1, 8_000_000_000_000]) {
      await using stage = await Stage.open()
      const { world, eve, held } = stage
      const from = world.clock.wall()
      eve.say(started(held, { startedAt: wrong }))
      eve.finish(held, { startedAt: wrong, endedAt: wrong })
      await world.clock.advance(20)
      const { startedAt, endedAt, state } = await world.detail(held.execution)
      assert.equal(state, 'succeeded')
      for (const at of [startedAt, endedAt]) {
        assert.ok(at !== null && at >= from - 60_000 && at <= world.clock.wall(), `${wrong} became ${at}`)
      }
    }
  })

  it('says messages twice and swaps neighbours: the end is the same', async () => {
    const script = (stage: Stage): (() => void)[] => {
      const { eve, held } = stage
      return [
        () => eve.say({ type: 'accepted', executions: [keyOf(held)] }),
        () => eve.say(started(held)),
        () => eve.say(chunk(held, { text: 'one' })),
        () => eve.say(chunk(held, { offset: 3, text: 'two' })),
        () => eve.finish(held, { outputBytes: 6 }),
      ]
    }
    const play = async (order: readonly number[]): Promise<string> => {
      await using stage = await Stage.open()
      const steps = script(stage)
      for (const n of order) steps[n]?.()
      await stage.world.clock.advance(20)
      // What was not stored is sent again from where the server says it is.
      stage.eve.say(chunk(stage.held, { text: 'onetwo' }))
      await stage.world.clock.advance(20)
      assert.deepEqual([...stage.counted], [])
      const { state, result, attempt } = await stage.world.detail(stage.held.execution)
      const { storedBytes, chunks } = await stage.world.store.readOutput({
        execution: stage.held.execution,
        from: 0,
        limitBytes: 1_000,
      })
      return JSON.stringify([state, result?.valueJson, attempt, storedBytes, chunks.map(({ text }) => text).join('')])
    }
    const expected = '["succeeded","\\"done\\"",1,6,"onetwo"]'
    for (let n = 0; n < 5; n++) {
      const twice = [0, 1, 2, 3, 4].flatMap((m) => (m === n ? [m, m] : [m]))
      assert.equal(await play(twice), expected, `${n} twice`)
      const swapped = [0, 1, 2, 3, 4].map((m) => (m === n && n < 4 ? n + 1 : m === n + 1 ? n : m))
      assert.equal(await play(swapped), expected, `${n} swapped with the next`)
    }
  })
})

describe('a client that goes on lying', () => {
  it('is shut out, for longer each time it comes back for more; the audit trail tells of sums', async () => {
    await using stage = await Stage.open()
    const { world, eve, anns } = stage
    const { execution, attempt, fence } = anns
    const lies = (): void => {
      const startedAt = 1
      const executions = Array.from({ length: 100 }, () => ({ execution, attempt, fence, startedAt }))
      for (let n = 0; n < 6; n++) eve.say({ type: 'started', executions })
    }
    const bans: number[] = []
    for (let visit = 0; visit < 3; visit++) {
      lies()
      await world.clock.advance(20)
      const { code, retryAfterMs, reason } = eve.last('refused')
      assert.equal(code, 'bad-message')
      assert.match(reason, /not its own to say/)
      bans.push(retryAfterMs)
      if (visit === 0) await stage.annWorks()
      assert.equal(eve.closedWith, 'bad message')
      // It does not wait: it is refused, proof or not.
      eve.answersPings = false
      eve.connect(world.engine.door)
      eve.hello()
      await world.clock.advance(20)
      assert.match(eve.last('refused').reason, /shut out/)
      assert.ok(eve.last('refused').retryAfterMs < retryAfterMs)
      await world.clock.advance(retryAfterMs)
      await eve.join(world.engine.door)
      assert.equal(eve.closedWith, undefined, 'it may come again')
    }
    assert.deepEqual(bans, [10_000, 20_000, 40_000])
    await world.clock.advance(200_000)
    const rows = await stage.audited()
    const trail = rows.filter(({ action }) => action === 'attempt.refuse')
    assert.ok(trail.length <= 4, `${trail.length} rows`)
    const sum = trail.reduce((all, { count }) => all + count, 0)
    assert.equal(sum, stage.counted.get('attempt.refuse'))
    assert.ok(sum >= 700, `${sum}`)
  })

  it('sends faster than it may: it is not read for a while, and nothing of it is lost', async () => {
    await using stage = await Stage.open()
    const { world, eve, held } = stage
    for (let n = 0; n < 2_000; n++) eve.heartbeat()
    assert.equal(eve.isRead, false)
    eve.finish(held)
    await world.clock.advance(20)
    assert.equal(eve.last('acknowledge').results[0]?.disposition, 'applied')
    await world.clock.advance(3_000)
    assert.equal(eve.isRead, true)
    assert.equal(eve.closedWith, undefined)
    assert.deepEqual([...stage.counted], [])
  })

  it('sends faster than it may for minutes: that is in the audit trail', async () => {
    await using stage = await Stage.open()
    const { world, eve } = stage
    for (let second = 0; second < 70; second++) {
      for (let n = 0; n < 600; n++) eve.heartbeat()
      await world.clock.advance(1_000)
    }
    assert.ok((stage.counted.get('client.throttle') ?? 0) >= 1)
    assert.equal((await stage.audited())[0]?.action, 'client.throttle')
  })

  it('sends more than can be dealt with: it is not read, and cut off when that does not help', async () => {
    await using stage = await Stage.open()
    const { world, eve, held } = stage
    const large = { valueJson: JSON.stringify('x'.repeat(1_000_000)) }
    for (let n = 0; n < 7; n++) eve.finish(held, large)
    assert.equal(eve.isRead, false)
    await world.clock.advance(2_000)
    assert.equal(eve.isRead, true)
    for (let n = 0; n < 14; n++) eve.finish(held, large)
    await world.clock.advance(20)
    assert.match(eve.last('refused').reason, /wait already/)
    await world.clock.advance(10_000)
    eve.answersPings = false
    await eve.join(world.engine.door)
    assert.equal(world.engine.presence.onlineCount(), 2)
    await stage.annWorks()
  })

  it('comes and goes without end: it has to wait, and no other client has', async () => {
    await using stage = await Stage.open()
    const { world, eve, ann } = stage
    for (let n = 0; n < 25; n++) {
      eve.cut()
      eve.connect(world.engine.door)
      eve.hello()
      await world.clock.advance(10)
    }
    assert.equal(eve.last('refused').code, 'busy')
    ann.cut()
    await ann.join(world.engine.door, [{ ...stage.anns, phase: 'started', outputBytes: 0 } as never])
    assert.equal(ann.last('welcome').type, 'welcome')
  })

  it('never ends its inventory: it is cut off before that costs memory', async () => {
    await using stage = await Stage.open()
    const { world, eve } = stage
    eve.answersPings = false
    eve.cut()
    eve.connect(world.engine.door)
    eve.hello()
    await world.clock.advance(3_100)
    for (let n = 0; n < 30; n++) eve.inventoryPage(false, [])
    await world.clock.advance(20)
    assert.equal(eve.closedWith, 'inventory too long')
    await stage.annWorks()
  })

  it('takes work and never answers: it gets no more than its slots, and the server ends it alone', async () => {
    await using stage = await Stage.open()
    const { world, eve } = stage
    const user = await world.store.readUser({ name: 'eve' })
    for (let n = 0; n < 20; n++) await world.task({ owner: 'user', userId: user?.id as never, deadlineMs: 60_000 })
    assert.equal(eve.executions().length, 3, 'the one that is done, and two slots')
    for (let minute = 0; minute < 65 * 6; minute++) {
      eve.heartbeat()
      await world.clock.advance(10_000)
    }
    const { items } = await world.store.listExecutions({ limit: 200, after: null, filter: { client: eve.id } })
    // What Eve held before has a day's deadline.
    const ends = items.filter(({ id }) => ![stage.held.execution, stage.done.execution].includes(id))
    assert.deepEqual(new Set(ends.map(({ state }) => state)), new Set(['timed-out']))
  })

  it('rejects the same work again and again: each time but the first is counted, and it is shut out', async () => {
    await using stage = await Stage.open()
    const { world, eve, held } = stage
    const no = { ...keyOf(held), reason: 'no-slot', detail: '' } as const
    eve.say({ type: 'rejected', executions: [no] })
    await world.clock.advance(20)
    assert.deepEqual([...stage.counted], [])
    for (let n = 0; n < 6; n++) eve.say({ type: 'rejected', executions: Array.from({ length: 100 }, () => no) })
    await world.clock.advance(20)
    assert.match(eve.last('refused').reason, /not its own to say/)
    assert.ok((stage.counted.get('attempt.refuse') ?? 0) > 500)
    await stage.annWorks()
  })

  for (const phase of ['held', 'started'] as const) {
    it(`comes back for ever with work that is ${phase}: it gets one minute beyond its time, and the server ends it`, async () => {
      await using stage = await Stage.open()
      const { world, eve, held } = stage
      eve.answersPings = false
      const user = await world.store.readUser({ name: 'eve' })
      const brief = { timeoutMs: 60_000, deadlineMs: 60_000 } as const
      const task = await world.task({ owner: 'user', userId: user?.id as never, ...brief })
      const item = eve.executions().at(-1)
      assert.ok(item && item.execution !== held.execution)
      const alive = ({ execution, attempt, fence, fenceProof }: ExecuteItem): InventoryAttempt => {
        return { execution, attempt, fence, fenceProof, phase, outputBytes: 0 }
      }
      // Its time is three minutes at most: the latest start, the time that it may run, the server's patience.
      for (let n = 0; n < 10; n++) {
        eve.cut()
        await eve.join(world.engine.door, [alive(held), alive(item)])
        await world.clock.advance(22_000)
        eve.heartbeat()
        await world.clock.advance(22_000)
        eve.heartbeat()
      }
      const { state, reason } = await world.only(task.id)
      assert.deepEqual([state, reason], ['timed-out', 'server-limit'])
    })
  }
})

leakCheck()
