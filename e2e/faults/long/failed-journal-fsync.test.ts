import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import { Octopus } from '#e2e/harness/octopus.ts'
import { strace, withoutStrace } from '#e2e/harness/strace.ts'

describe('a disk that fails under the journal of a client', { skip: withoutStrace() }, () => {
  const FLAGS = ['--heartbeat-interval', '1']
  let octopus: Octopus

  before(async () => {
    octopus = await Octopus.start(['--hold-seconds', '45'])
    await octopus.publishSample('probe')
    await octopus.startClients(['one'], FLAGS)
  })
  after(() => octopus[Symbol.asyncDispose]())

  // Of one execution the first sync is that of its start, the second that of its end.
  for (const [when, what] of [
    ['1', 'a start: it is handed back, and starts once, later'],
    ['2', 'an end: it is written anew, and its result counts'],
  ] as const) {
    it(`at the fsync of ${what}`, async () => {
      await octopus.clients.get('one')?.stop()
      const truth = octopus.truth(`journal-${when}`)
      const paths = [join(octopus.stateFolder('one'), 'journal')]
      const prefix = strace({ calls: 'fsync,fdatasync', how: 'error=EIO', when, paths })
      const client = octopus.startClient('one', undefined, FLAGS, { prefix, env: { UV_THREADPOOL_SIZE: '1' } })
      await octopus.presence('one', 'online')
      const task = await octopus.task({ plugin: 'probe', kwargs: { ground_truth: truth.path } })
      await client.line(/journal-write-failed.*EIO/)
      await client.line(/journal-writable-again/)
      const { id, state, attempt, lateResults } = await octopus.inState(task.id, ['succeeded'])
      assert.deepEqual([state, attempt, lateResults], ['succeeded', 1, []])
      assert.deepEqual(
        truth.lines().map(({ event, execution }) => [event, execution]),
        [
          ['start', id],
          ['end', id],
        ],
      )
    })
  }
})
