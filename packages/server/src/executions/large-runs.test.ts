import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { refusal } from '@octopus/protocol/errors.ts'
import type { ExecutionId, TaskId } from '@octopus/protocol/ids.ts'

import { revokeClient } from '#clients/manage-client.ts'
import { deleteClient } from '#deleting/delete-things.ts'
import { EngineWorld } from '#testing/engine-world.ts'
import type { ScriptedClient } from '#testing/scripted-client.ts'

import { cancelWork } from './cancel-work.ts'

const HOUR = 3_600_000
const actor = { kind: 'user', name: 'me' } as const
/** More than one transaction marks, or writes. */
const OTHERS = 600

/** A client that is there, after so many that were there a moment ago, and are in contact as far as the store knows. */
async function lastOfMany(world: EngineWorld, slots = 2): Promise<ScriptedClient> {
  for (let n = 0; n < OTHERS; n++) await world.client(`other-${n}`)
  world.databases.main.exec(`update client set session_id = 'gone'`)
  const zed = await world.client('zed')
  await zed.join(world.engine.door, [], slots)
  return zed
}

const needsOf = ({ store, clock, engine }: EngineWorld) => ({ store, clock, bus: engine.bus })

async function runOf(world: EngineWorld, task: TaskId) {
  const [run] = (await world.store.listRuns({ limit: 1, after: null, filter: { task } })).items
  assert.ok(run)
  return run
}

/** A run for all of them; nobody is there to be given any of it. */
async function queuedRun(world: EngineWorld) {
  const zed = await lastOfMany(world)
  zed.cut()
  const task = await world.task({ owner: 'all', deadlineMs: HOUR })
  await world.clock.advance(1_000)
  return { zed, task, run: await runOf(world, task.id) }
}

describe('a run for more clients than one transaction marks', () => {
  it('hands out nothing more from the moment in which its cancel was stored', async () => {
    await using world = await EngineWorld.start()
    const zed = await lastOfMany(world, 1)
    await world.task({ owner: 'anyone' })
    const task = await world.task({ owner: 'all', deadlineMs: HOUR })
    await world.clock.advance(1_000)
    const run = await runOf(world, task.id)
    assert.equal(run.counts.queued, OTHERS + 1)
    const first = await world.store.requestCancel({ now: world.clock.wall(), actor, target: { run: run.id } })
    assert.equal(first.more, true)
    const [busy] = zed.executions()
    assert.ok(busy)
    zed.finish(busy)
    await world.clock.advance(1_000)
    assert.equal(zed.executions().length, 1, 'it has room now, and is given what nobody wants any more')
    await cancelWork(needsOf(world), { run: run.id }, actor)
    assert.equal((await runOf(world, task.id)).outcome, 'cancelled')
  })

  it('is cancelled whole by the next start of a server that died in the middle', async () => {
    await using world = await EngineWorld.start()
    const { zed, task, run } = await queuedRun(world)
    await world.store.requestCancel({ now: world.clock.wall(), actor, target: { run: run.id } })
    await world.crashServer()
    await world.startServer()
    await world.clock.advance(1_000)
    const { status, outcome, counts } = await runOf(world, task.id)
    assert.deepEqual([status, outcome, counts.cancelled], ['completed', 'cancelled', OTHERS + 1])
    await zed.join(world.engine.door)
    assert.equal(zed.executions().length, 0)
  })

  it('is cancelled whole when the store refused in the middle, as soon as it can; till then it says what is going on', async () => {
    await using world = await EngineWorld.start()
    const { task, run } = await queuedRun(world)
    const { requestCancel } = world.store
    let slices = 0
    Object.assign(world.store, {
      requestCancel: (input: Parameters<typeof requestCancel>[0]) => {
        slices += 1
        return slices === 2 || slices === 3 ? Promise.reject(refusal('STORE_UNAVAILABLE')) : requestCancel(input)
      },
    })
    await assert.rejects(cancelWork(needsOf(world), { run: run.id }, actor), { code: 'STORE_UNAVAILABLE' })
    const left = world.databases.main.prepare(`select id from execution where state = 'queued' limit 1`).get()
    const { cancelRequestedAt } = await world.detail(left?.['id'] as ExecutionId)
    assert.equal(cancelRequestedAt, world.clock.wall())
    await world.clock.advance(3_000)
    assert.deepEqual([(await runOf(world, task.id)).outcome, slices], ['cancelled', 4])
  })

  const gone = { 'client-deleted': deleteClient, 'client-revoked': revokeClient }
  for (const [reason, act] of Object.entries(gone)) {
    it(`writes the row of one whose turn came after it was gone as cancelled: ${reason}`, async () => {
      await using world = await EngineWorld.start()
      const zed = await lastOfMany(world)
      const { writeSlice } = world.store
      let isFirst = true
      Object.assign(world.store, {
        writeSlice: async (slice: Parameters<typeof writeSlice>[0]) => {
          if (isFirst) await act(needsOf(world), zed.id, actor)
          isFirst = false
          return writeSlice(slice)
        },
      })
      const task = await world.task({ owner: 'all', deadlineMs: HOUR })
      await world.clock.advance(1_000)
      assert.equal(isFirst, false)
      const row = world.databases.main.prepare('select state, reason from execution where slot_value = ?').get(zed.id)
      assert.deepEqual({ ...row }, { state: 'cancelled', reason })
      assert.equal((await runOf(world, task.id)).counts.total, OTHERS + 1)
    })
  }
})
