import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import { ApiError } from '#e2e/harness/api.ts'
import { Octopus } from '#e2e/harness/octopus.ts'
import { readyIs } from '#e2e/harness/ready.ts'
import { needsTracer, Tracer } from '#e2e/harness/tracer.ts'

const CALLS = ['fsync', 'fdatasync', 'pwrite64', 'ftruncate', 'unlink']
/** More tasks than any of the faults below needs to strike. */
const TASKS_MAX = 4_000
const SIDE_BY_SIDE = 16

describe('a disk that fails under a server', { skip: needsTracer() }, () => {
  const acknowledged: string[] = []
  let octopus: Octopus

  before(async () => {
    octopus = await Octopus.start()
    await octopus.publishSample('probe')
  })
  after(() => octopus[Symbol.asyncDispose]())

  const tracerOf = (file: string, inject: string): Promise<Tracer> => {
    const paths = [join(octopus.serverFolder, file)]
    return Tracer.attach(octopus.server.pid, join(octopus.folder, 'trace'), { calls: CALLS, paths, inject })
  }
  /** Creates paused-for-ever tasks until one is refused; answers with what. */
  const submitUntilRefused = async (): Promise<unknown> => {
    let refused: unknown
    let submitted = 0
    const startAt = '2100-01-01T00:00:00Z'
    const lane = async (): Promise<void> => {
      while (refused === undefined && submitted++ < TASKS_MAX) {
        await octopus.task({ plugin: 'probe', startAt }).then(
          ({ id }) => acknowledged.push(id),
          (error: unknown) => (refused ??= error),
        )
      }
    }
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, lane))
    return refused
  }
  const everythingIsThere = async (): Promise<void> => {
    const there = new Set((await octopus.api.all('/tasks')).map(({ id }) => id))
    assert.deepEqual(
      acknowledged.filter((id) => !there.has(id)),
      [],
    )
  }

  const syncs = [
    { file: 'octopus.db-wal', when: 1, what: 'the first commit' },
    { file: 'octopus.db-wal', when: 7, what: 'the seventh commit' },
    { file: 'octopus.db', when: 1, what: 'moving the log into the database' },
  ]
  for (const { file, when, what } of syncs) {
    it(`ends it at the fsync of ${what} that fails, before it can write again, and the next start has everything`, async (t) => {
      await using tracer = await tracerOf(file, `fsync,fdatasync:error=EIO:when=${when}`)
      const before = acknowledged.length
      assert.ok(await submitUntilRefused(), 'the fault never struck')
      const { code, signal } = await octopus.server.exited
      assert.deepEqual([code, signal], [null, 'SIGKILL'])
      assert.match(octopus.server.lines.join('\n'), /the store can promise nothing any more.*look at the disk/)
      const lines = tracer.lines()
      const struck = lines.findIndex((line) => line.includes('EIO'))
      assert.ok(struck >= 0)
      // Another thread may have been in the middle of something; but nobody may hear that all is well, or drop the log.
      const after = lines.slice(struck + 1).filter((line) => /sync.* = 0$|unlink/.test(line))
      assert.deepEqual(after, [], 'it went on with the file')
      t.diagnostic(`${acknowledged.length - before} tasks were acknowledged before`)
      await octopus.startAgain()
      await everythingIsThere()
      assert.ok((await octopus.task({ plugin: 'probe', startAt: '2100-01-01T00:00:00Z' })).id)
    })
  }

  for (const [error, when] of [
    ['ENOSPC', 5],
    ['EIO', 9],
  ] as const) {
    it(`refuses what it cannot write (${error} at write ${when}), and goes on as soon as it can`, async () => {
      const from = octopus.server.lines.length
      {
        await using _tracer = await tracerOf('octopus.db-wal', `pwrite64:error=${error}:when=${when}+`)
        const refused = await submitUntilRefused()
        assert.ok(refused instanceof ApiError)
        assert.deepEqual([refused.status, refused.code], [503, 'STORE_UNAVAILABLE'])
        await readyIs(octopus.url, 503)
        assert.equal((await fetch(`${octopus.url}/healthz`)).status, 200)
      }
      await readyIs(octopus.url, 200)
      await everythingIsThere()
      assert.equal(octopus.server.isAlive, true, octopus.server.lines.slice(from).join('\n'))
      assert.ok((await octopus.task({ plugin: 'probe', startAt: '2100-01-01T00:00:00Z' })).id)
    })
  }
})
