import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, it } from 'node:test'

import { ApiError } from '#e2e/harness/api.ts'
import { Octopus } from '#e2e/harness/octopus.ts'
import { readyIs } from '#e2e/harness/ready.ts'

const startAt = '2100-01-01T00:00:00Z'

describe('another program that has the database open', () => {
  let octopus: Octopus
  let database: string

  before(async () => {
    octopus = await Octopus.start()
    database = join(octopus.serverFolder, 'octopus.db')
    await octopus.publishSample('probe')
    await octopus.startClients(['one'], ['--heartbeat-interval', '1'])
  })
  after(() => octopus[Symbol.asyncDispose]())

  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
  /** As a person with a shell does it, or a program that makes copies. */
  const whileLocked = async (ms: number, act: () => Promise<unknown>): Promise<unknown> => {
    const other = new DatabaseSync(database, { timeout: 5_000 })
    try {
      other.exec('begin immediate')
      const acted = act()
      await pause(ms)
      other.exec('rollback')
      return await acted
    } finally {
      other.close()
    }
  }
  const submit = (): Promise<unknown> => octopus.task({ plugin: 'probe', startAt }).catch((error: unknown) => error)

  it('for three seconds makes callers wait, and nobody notices anything else', async () => {
    const began = performance.now()
    const made = await whileLocked(3_000, submit)
    assert.ok(!(made instanceof Error), String(made))
    assert.ok(performance.now() - began >= 2_900, 'it did not wait: the lock was none')
    assert.equal((await octopus.client('one')).presence, 'online')
  })

  it('for longer than that makes them try again; clients stay, and it goes on by itself', async () => {
    // Five seconds for whoever waits already, and five for whoever comes meanwhile.
    const refused = await whileLocked(11_000, submit)
    assert.ok(refused instanceof ApiError)
    assert.deepEqual([refused.status, refused.code], [503, 'STORE_UNAVAILABLE'])
    await readyIs(octopus.url, 200)
    assert.equal((await octopus.client('one')).presence, 'online')
    assert.equal((await octopus.run({ plugin: 'probe' }))[0].state, 'succeeded')
    assert.ok(octopus.server.isAlive)
  })

  it('and reads for long does not hold up writers; the log is begun anew as soon as it has done', async (t) => {
    const sizeOf = (): number => statSync(`${database}-wal`).size
    const load = async (count: number): Promise<void> => {
      // Big enough that what is written shows: the log holds every page that was touched.
      const kwargs = { value: 'x'.repeat(100_000) }
      const lane = async (): Promise<void> => {
        for (let n = 0; n < count / 4; n++) await octopus.task({ plugin: 'probe', startAt, kwargs })
      }
      await Promise.all(Array.from({ length: 4 }, lane))
    }
    const reader = new DatabaseSync(database)
    try {
      reader.exec('begin; select count(*) from task')
      await load(240)
      assert.ok(sizeOf() > 20 * 1_048_576, 'the load was too small to show anything')
    } finally {
      reader.close()
    }
    const grown = sizeOf()
    await load(240)
    await load(240)
    t.diagnostic(`${grown} bytes while it read, ${sizeOf()} after twice as much again`)
    assert.ok(sizeOf() <= grown + 20 * 1_048_576)
    assert.equal((await octopus.run({ plugin: 'probe' }))[0].state, 'succeeded')
  })
})
