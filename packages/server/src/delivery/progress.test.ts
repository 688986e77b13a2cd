import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { EngineWorld } from '#testing/engine-world.ts'

describe('what a plugin says of its progress', () => {
  it('is shown as it is now while it runs, is stored nowhere, and is gone with its end', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const task = await world.task()
    const [item] = ann.executions()
    assert.ok(item)
    const { execution, attempt, fence } = item
    const { presence } = world.engine
    const say = (fraction: number, text: string): void =>
      ann.say({ type: 'progress', execution, attempt, fence, fraction, text })
    assert.equal(presence.progressOf(execution), undefined)
    say(0.1, 'one of ten')
    say(0.2, 'two of ten')
    await world.clock.advance(20)
    assert.deepEqual(presence.progressOf(execution), { fraction: 0.2, text: 'two of ten' })
    assert.ok(!stored(world).includes('of ten'))
    ann.finish(item)
    await world.clock.advance(20)
    assert.equal((await world.only(task.id)).state, 'succeeded')
    assert.equal(presence.progressOf(execution), undefined)
  })

  it('is gone with the session that it was said in', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    await world.task()
    const [{ execution, attempt, fence } = assert.fail('nothing was handed out')] = ann.executions()
    ann.say({ type: 'progress', execution, attempt, fence, fraction: null, text: 'begun' })
    assert.equal(world.engine.presence.progressOf(execution)?.text, 'begun')
    ann.say({ type: 'leaving', reason: 'the PC is shut down' })
    await world.clock.advance(20)
    assert.equal(world.engine.presence.progressOf(execution), undefined)
  })
})

/** Everything in the database, as text. */
function stored({ databases: { main, output } }: EngineWorld): string {
  return [main, output]
    .flatMap((database) => {
      const tables = database.prepare("select name from sqlite_schema where type = 'table'").all()
      return tables.map(({ name }) => JSON.stringify(database.prepare(`select * from "${String(name)}"`).all()))
    })
    .join('\n')
}
