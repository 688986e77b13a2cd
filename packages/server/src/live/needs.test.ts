import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import type { Run } from '@octopus/protocol/rest/runs.ts'
import type { Need, Stats } from '@octopus/protocol/rest/stats.ts'

import { ApiWorld } from '#testing/api-world.ts'
import { addFleet, endRun, type Member, runOnAll } from '#testing/fleet.ts'

const needs = async (world: ApiWorld): Promise<readonly Need[]> =>
  ((await world.call({ path: '/api/v1/stats', token: world.tokens.viewer })).json as Stats).needsYou
const words = async (world: ApiWorld): Promise<readonly string[]> =>
  (await needs(world)).map(({ kind, count, items }) => `${kind} ${count}: ${items.map(({ name }) => name).join(', ')}`)

const leave = (world: ApiWorld, { id, session }: Member, vanished: boolean): Promise<unknown> => {
  const now = world.clock.wall()
  return world.store.endSession({ now, steady: now, client: id, session, holdEndsAt: now + 120_000, vanished })
}

describe('what needs you', () => {
  it('is nothing where nothing is wrong', async () => {
    await using world = await ApiWorld.ready()
    const members = await addFleet(world, ['pc'])
    await endRun(world, await runOnAll(world), members, () => ({}))
    assert.deepEqual(await needs(world), [])
  })

  it('are clients that fell silent without a goodbye, for a day or until they are back', async () => {
    await using world = await ApiWorld.ready()
    const [silent, shutDown, back] = (await addFleet(world, ['silent', 'shut-down', 'back'])) as [
      Member,
      Member,
      Member,
    ]
    await leave(world, silent, true)
    await leave(world, shutDown, false)
    await leave(world, back, true)
    const now = world.clock.wall()
    await world.store.beginSession({
      now,
      client: back.id,
      session: back.session,
      bootId: 'b',
      version: '1',
      holdMs: 120_000,
      heartbeatMs: 10_000,
    })
    assert.deepEqual(await words(world), ['clients-vanished 1: silent'])
    assert.deepEqual((await needs(world))[0]?.items, [
      { id: silent.id, name: 'silent', since: new Date(now).toISOString() },
    ])
    await world.clock.advance(86_400_000)
    assert.deepEqual(await needs(world), [])
  })

  it('are clients that wait for approval, and the stop of all work', async () => {
    await using world = await ApiWorld.ready()
    const token = { hash: 'h', user: null, approves: false, maxUses: 1, expiresAt: 9e15 }
    const now = world.clock.wall()
    await world.store.createEnrollmentToken({ now, actor: { kind: 'system', name: 'test' }, ...token })
    const reported = { hostName: 'pc', os: '', arch: '', account: '', wishedUser: null, labels: [] }
    const pc = { now, tokenHash: 'h', publicKey: 'k', fingerprint: 'f', name: 'new pc', version: '1', reported }
    await world.store.enrollClient(pc)
    await world.call({ method: 'POST', path: '/api/v1/stop-all-work' })
    assert.deepEqual(await words(world), ['work-stopped 1: ', 'clients-pending 1: new pc'])
  })

  it('are tasks whose last run nobody did in time', async () => {
    await using world = await ApiWorld.ready()
    const run = await runOnAll(world, { owner: 'anyone', name: 'unloved', deadlineSeconds: 60 })
    await world.clock.advance(61_000)
    const now = world.clock.wall()
    await world.store.endOverdue({ now, steady: now, limit: 100, braked: 'nothing' })
    assert.deepEqual(await words(world), ['tasks-expired 1: unloved'])
    const members = await addFleet(world, ['pc'])
    assert.equal(members.length, 1)
    await world.call({ method: 'POST', path: `/api/v1/tasks/${run.task.id}/runs` })
    assert.deepEqual(await needs(world), [], 'it has a newer run')
  })

  it('are plugins that failed three times in a row, until they succeed', async () => {
    await using world = await ApiWorld.ready()
    await world.publish('healthy', 'def run(*args, **kwargs): pass\n')
    const members = await addFleet(world, ['pc'])
    const runOnce = async (plugin: string, ends: boolean): Promise<Run> => {
      const run = await runOnAll(world, { plugin })
      await endRun(world, run, members, () => (ends ? {} : { end: 'failed', reason: 'exception' }))
      return run
    }
    await runOnce('greet', false)
    await runOnce('greet', false)
    await runOnce('healthy', false)
    await runOnce('healthy', true)
    assert.deepEqual(await needs(world), [])
    await runOnce('greet', false)
    assert.deepEqual(await words(world), ['plugins-failing 1: greet'])
    await runOnce('greet', true)
    assert.deepEqual(await needs(world), [])
  })
})

leakCheck()
