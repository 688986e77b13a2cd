import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { FromClient } from '@octopus/protocol/from-client.ts'
import type { TaskId } from '@octopus/protocol/ids.ts'

import { EngineWorld } from '#testing/engine-world.ts'
import type { ScriptedClient } from '#testing/scripted-client.ts'

const VALUE = JSON.stringify('x"ä'.repeat(20_000))

/** What it would say at once, in pieces. */
function inPieces(client: ScriptedClient, say: () => void, message = 1): FromClient[] {
  let text = ''
  client.sayText = (said) => (text = said)
  say()
  Reflect.deleteProperty(client, 'sayText')
  const parts = text.match(/[^]{1,16000}/g) ?? []
  return parts.map((part, index) => ({ type: 'piece', message, index, of: parts.length, text: part }))
}

async function working(): Promise<{ world: EngineWorld; client: ScriptedClient; task: TaskId }> {
  const world = await EngineWorld.start()
  const client = await world.client('far')
  await client.join(world.engine.door)
  const { id } = await world.task()
  await world.clock.advance(50)
  return { world, client, task: id }
}

describe('a result that comes in pieces', () => {
  it('is stored as if it had come at once, with heartbeats in between, and pieces that come twice', async () => {
    const { world, client, task } = await working()
    await using _ = world
    const [item] = client.executions()
    assert.ok(item)
    const pieces = inPieces(client, () => client.finish(item, { valueJson: VALUE }))
    assert.ok(pieces.length > 3)
    for (const piece of pieces) {
      client.say(piece)
      client.say(piece)
      client.heartbeat()
      await world.clock.advance(5_000)
    }
    assert.deepEqual(
      client.all('acknowledge').flatMap(({ results }) => results.map(({ disposition }) => disposition)),
      ['applied'],
    )
    assert.equal((await world.only(task)).state, 'succeeded')
  })

  it('is forgotten with its connection: the next one begins anew', async () => {
    const { world, client, task } = await working()
    await using _ = world
    const [item] = client.executions()
    assert.ok(item)
    const pieces = inPieces(client, () => client.finish(item, { valueJson: VALUE }))
    for (const piece of pieces.slice(0, -1)) client.say(piece)
    client.cut()
    const { execution, attempt, fence, fenceProof } = item
    await client.join(world.engine.door, [{ execution, attempt, fence, fenceProof, phase: 'ended', outputBytes: 0 }])
    client.say(pieces.at(-1) as FromClient)
    await world.clock.advance(50)
    assert.deepEqual(client.all('acknowledge'), [])
    for (const piece of inPieces(client, () => client.finish(item, { valueJson: VALUE }), 2)) client.say(piece)
    await world.clock.advance(50)
    assert.equal((await world.only(task)).state, 'succeeded')
  })

  it('is refused when the pieces make something else, or nothing', async () => {
    for (const text of ['{"type":"leaving","reason":""}', '{', '{"type":"piece"}']) {
      const { world, client } = await working()
      await using _ = world
      client.say({ type: 'piece', message: 1, index: 0, of: 1, text })
      await world.clock.advance(50)
      assert.equal(client.last('refused').code, 'bad-message')
      assert.notEqual(client.closedWith, undefined)
    }
  })

  it('is refused before the inventory', async () => {
    const { world, client } = await working()
    await using _ = world
    client.cut()
    client.connect(world.engine.door)
    client.hello()
    await world.clock.advance(3_100)
    client.say({ type: 'piece', message: 1, index: 0, of: 2, text: '' })
    assert.equal(client.last('refused').code, 'bad-message')
  })
})
