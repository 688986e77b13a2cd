import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import type { Json } from './harness/api.ts'
import { Octopus } from './harness/octopus.ts'

/** Writes down each try, and fails until it has been tried so often. */
const STUBBORN = `import os

def run(path, good_from=1):
    with open(path, "a") as file:
        file.write("tried\\n")
    with open(path) as file:
        tries = len(file.readlines())
    if tries < good_from:
        raise RuntimeError("not yet: try %d" % tries)
    return tries
`
const ENDS = ['succeeded', 'failed', 'timed-out', 'cancelled', 'expired', 'lost']
const FAILED = { backoffSeconds: 1, on: ['failed'] }

describe('work that fails', () => {
  let octopus: Octopus

  before(async () => {
    octopus = await Octopus.start()
    await octopus.publish('stubborn', STUBBORN)
    await octopus.startClients(['one', 'two'], ['--heartbeat-interval', '2'])
  })
  after(() => octopus[Symbol.asyncDispose]())

  const order = (path: string, goodFrom: number, maxAttempts: number): Json => ({
    plugin: 'stubborn',
    owner: 'anyone',
    kwargs: { path, good_from: goodFrom },
    retry: { maxAttempts, ...FAILED },
  })
  const tries = (path: string): number => readFileSync(path, 'utf8').split('\n').length - 1

  it('is tried again until it does well, by one client and then by another, and keeps what came before', async () => {
    const path = join(octopus.folder, 'well')
    const task = await octopus.task(order(path, 3, 5))
    const { id } = await octopus.inState(task.id, ENDS)
    const ended = await octopus.api.get(`/executions/${id}`)
    assert.deepEqual([ended.state, ended.attempt, ended.result.value, tries(path)], ['succeeded', 3, 3, 3])
    const words = ended.attempts.map(({ end, proved, result }: Json) => [end, proved, result.error.message])
    assert.deepEqual(words, [
      ['failed', true, 'not yet: try 1'],
      ['failed', true, 'not yet: try 2'],
    ])
    const clients = ended.attempts.map(({ client }: Json) => client.name)
    assert.equal(new Set(clients).size, 2, 'the second try was somebody else’s')
  })

  it('is given up after the last attempt, and a person can have it done again', async () => {
    const path = join(octopus.folder, 'given-up')
    const task = await octopus.task(order(path, 4, 2))
    await octopus.inState(task.id, ENDS)
    const { lastRun, outcome } = await octopus.completed(task.id)
    assert.deepEqual([outcome, tries(path)], ['failed', 2])
    const again = await octopus.api.post(`/runs/${lastRun}/retry`)
    assert.deepEqual([again.cause.kind, again.cause.of], ['retry', lastRun])
    await octopus.api.eventually(`run:${again.id}`, async () => {
      const run = await octopus.api.get(`/runs/${again.id}`)
      return run.status === 'completed' && run
    })
    assert.equal((await octopus.completed(task.id)).outcome, 'succeeded')
    assert.equal(tries(path), 4, 'two more attempts')
  })
})
