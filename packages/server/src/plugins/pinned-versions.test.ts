import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { sha256Hex } from '@octopus/kit/checksum.ts'
import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import type { Checksum, ExecutionId } from '@octopus/protocol/ids.ts'

import { EngineWorld } from '#testing/engine-world.ts'
import type { ScriptedClient } from '#testing/scripted-client.ts'

import type { PluginRecord } from './plugin-store.ts'
import { publishPlugin } from './publish-plugin.ts'
import { ownThreadReader } from './read-source.ts'
import { tryPlugin, type TryOrder } from './try-plugin.ts'

const actor = { kind: 'user', name: 'ann' } as const
const draft = 'def run(a=1): return "draft"\n'
const checksumOf = (source: string): Checksum => sha256Hex(source) as Checksum

const publish = (world: EngineWorld, source: string): Promise<PluginRecord> => {
  const { store, clock } = world
  const needs = { store, clock, bus: world.engine.bus, reader: ownThreadReader }
  return publishPlugin(needs, { name: 'p', language: 'python', source, onlyIfNew: false }, actor)
}

/** Null: no source is given. */
const tryOut = async (
  world: EngineWorld,
  client: ScriptedClient,
  { source = draft, ...more }: Partial<Omit<TryOrder, 'source'>> & { readonly source?: string | null } = {},
): Promise<ExecutionId> => {
  const { store, clock } = world
  const plugin = await store.readPlugin({ name: 'p' })
  assert.ok(plugin)
  const needs = { store, clock, bus: world.engine.bus, reader: ownThreadReader }
  const texts = { argsJson: JSON.stringify(more.args ?? []), kwargsJson: '{}' }
  const order = { client: client.id, ...(source !== null && { source }), ...more, ...texts }
  const execution = await tryPlugin(needs, plugin, order, actor)
  await clock.advance(50)
  return execution
}

/** The checksums that a client must have now, by everything that it was told. */
function listed(client: ScriptedClient): readonly string[] {
  const entries = new Set<string>()
  for (const { from, changed, removed } of client.all('plugins')) {
    if (from === null) entries.clear()
    for (const checksum of removed) entries.delete(checksum)
    for (const { checksum } of changed) entries.add(checksum)
  }
  return [...entries]
}

describe('a superseded version', () => {
  it('stays in the manifest and is run by what was planned with it, and leaves when that is final', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const old = (await world.store.readPlugin({ name: 'p' }))?.checksum
    const task = await world.task({ owner: 'all' })
    const execution = await world.only(task.id)
    const { checksum: fresh } = await publish(world, 'def run(): return 2\n')
    await world.clock.advance(50)
    assert.deepEqual(new Set(listed(ann)), new Set([fresh, old]), 'both: one is at work, one is current')
    assert.equal(execution.checksum, old)
    assert.equal(ann.executions()[0]?.checksum, old)
    const item = ann.executions()[0]
    assert.ok(item)
    ann.finish(item)
    for (let minute = 0; minute < 11; minute += 1) {
      ann.heartbeat()
      await world.clock.advance(29_000)
      ann.heartbeat()
      await world.clock.advance(29_000)
    }
    assert.deepEqual(listed(ann), [fresh])
    const spread = await world.store.readSpread({ name: 'p' })
    assert.deepEqual(
      spread.versions.map(({ version, current, openRuns }) => [version, current, openRuns]),
      [[2, true, 0]],
    )
  })

  it('that waits for a PC is still handed over as it was planned', async () => {
    await using world = await EngineWorld.start()
    const user = await world.user('bob')
    const bob = await world.client('bob', 'bob')
    const old = (await world.store.readPlugin({ name: 'p' }))?.checksum
    await world.task({ owner: 'user', userId: user })
    await publish(world, 'def run(): return 2\n')
    await bob.join(world.engine.door)
    assert.equal(bob.executions()[0]?.checksum, old)
    assert.ok(listed(bob).includes(old ?? ''))
  })
})

describe('a source that is tried out', () => {
  it('runs on the one client, which alone is told of it, and becomes no version', async () => {
    await using world = await EngineWorld.start()
    const [ann, bob] = [await world.client('ann'), await world.client('bob')]
    await ann.join(world.engine.door)
    await bob.join(world.engine.door)
    const before = await world.store.readPlugin({ name: 'p' })
    const id = await tryOut(world, ann, { args: [5] })
    const draftSum = checksumOf(draft)
    assert.ok(listed(ann).includes(draftSum))
    assert.ok(!listed(bob).includes(draftSum))
    const [item] = ann.executions()
    assert.deepEqual([item?.execution, item?.checksum, item?.argsJson], [id, draftSum, '[5]'])
    const first = ann.received.findIndex((message) => message.type === 'execute')
    const told = ann.received.findIndex(
      (message) => message.type === 'plugins' && message.changed.some(({ checksum }) => checksum === draftSum),
    )
    assert.ok(told >= 0 && first >= 0)
    assert.ok(item)
    ann.finish(item)
    await world.clock.advance(50)
    const execution = await world.detail(id)
    assert.deepEqual(
      [execution.state, execution.try, execution.pluginVersion, execution.result?.valueJson],
      ['succeeded', true, null, '"done"'],
    )
    assert.ok(!listed(ann).includes(draftSum), 'it is listed no longer than it is tried')
    const after = await world.store.readPlugin({ name: 'p' })
    assert.deepEqual([after?.version, after?.checksum], [before?.version, before?.checksum])
    const again = { now: world.clock.wall(), actor, task: execution.taskId, argsJson: null, kwargsJson: null }
    assert.equal(await world.store.runTask(again), null, "its task is nobody's, least of all everybody's")
    const tasks = await world.store.listTasks({ limit: 50, after: null, filter: {} })
    assert.deepEqual([tasks.items, (await world.store.readStats({ now: world.clock.wall() })).tasks.completed], [[], 0])
  })

  it('keeps its place in the list when the client comes back in the middle of it', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    await tryOut(world, ann)
    const [item] = ann.executions()
    assert.ok(item)
    ann.received.length = 0
    ann.answersPings = false
    ann.vanish()
    const { execution, attempt, fence, fenceProof } = item
    await ann.join(world.engine.door, [{ execution, attempt, fence, fenceProof, phase: 'started', outputBytes: 0 }])
    assert.ok(listed(ann).includes(checksumOf(draft)))
    ann.finish(item)
    await world.clock.advance(50)
    assert.ok(!listed(ann).includes(checksumOf(draft)))
  })

  it('without a source is the current version, or an old one by its number', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    await publish(world, 'def run(): return 1\n')
    await publish(world, 'def run(): return 2\n')
    const current = await world.detail(await tryOut(world, ann, { source: null }))
    assert.deepEqual([current.pluginVersion, current.try], [3, true])
    const old = await world.detail(await tryOut(world, ann, { source: 'def run(): return 1\n' }))
    assert.equal(old.pluginVersion, 2)
  })

  const refusals: readonly (readonly [
    string,
    (world: EngineWorld, ann: ScriptedClient) => Promise<unknown>,
    string,
  ])[] = [
    [
      'a client that is not connected',
      async (world) => tryOut(world, await world.client('bob')),
      'CLIENT_TAKES_NO_WORK',
    ],
    ['a source that cannot be read', (world, ann) => tryOut(world, ann, { source: 'def run(:\n' }), 'INVALID_PLUGIN'],
    ['an action that it does not have', (world, ann) => tryOut(world, ann, { action: 'none' }), 'ACTION_NOT_FOUND'],
    ['arguments that do not fit', (world, ann) => tryOut(world, ann, { args: [1, 2] }), 'INVALID_ARGUMENTS'],
  ]
  for (const [what, act, code] of refusals) {
    it(`is refused with ${what}, and leaves nothing behind`, async () => {
      await using world = await EngineWorld.start()
      const ann = await world.client('ann')
      await ann.join(world.engine.door)
      await assert.rejects(act(world, ann), { code })
      assert.equal(ann.executions().length, 0)
      assert.equal((await world.store.settleManifest({ now: world.clock.wall() })).tries.length, 0)
    })
  }
})

leakCheck()
