import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, it } from 'node:test'

import type { Json } from '#e2e/harness/api.ts'
import type { GroundTruth } from '#e2e/harness/ground-truth.ts'
import { Octopus } from '#e2e/harness/octopus.ts'

const PAGE_BYTES = 4_096
const FLAGS = ['--heartbeat-interval', '1', '--slots', '4']

describe('files that somebody or something has damaged', () => {
  let octopus: Octopus
  let truth: GroundTruth

  before(async () => {
    octopus = await Octopus.start(['--hold-seconds', '45'])
    truth = octopus.truth('damaged')
    await octopus.publishSample('probe')
    await octopus.startClients(['one'], FLAGS)
  })
  after(() => octopus[Symbol.asyncDispose]())

  it('a journal: what is readable is reported, what is not is named and started by nobody again', async () => {
    const tasks: Json[] = []
    for (const runForMs of [2_000, 2_400, 2_800]) {
      const kwargs = { ground_truth: truth.path, run_for_ms: runForMs }
      tasks.push(await octopus.task({ plugin: 'probe', owner: 'all', kwargs }))
    }
    const ids: string[] = []
    for (const { id } of tasks) ids.push((await octopus.inState(id, ['running'])).id)
    await octopus.server.die()
    await truth.eventually((lines) => lines.filter(({ event }) => event === 'end').length === ids.length)
    const file = join(octopus.stateFolder('one'), 'journal')
    // The last one is in the journal a moment after its end.
    await untilHolds(file, ids)
    await octopus.clients.get('one')?.die()
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
    const at = lines.findIndex((line) => line.includes('"ended"') && line.includes(ids[0] as string))
    assert.ok(at > 0)
    lines[at] = (lines[at] as string).replace(/[0-9]/g, '7')
    // The tail is torn as by a power cut.
    writeFileSync(file, `${lines.join('\n')}\n00000000 {"kind":"tomb`)

    await octopus.startAgain()
    const client = octopus.startClient('one', undefined, FLAGS)
    await client.line(/"event":"journal-torn"/)
    await client.line(/"level":"error","event":"journal-damaged".*"lines":1/)
    const [first, ...others] = tasks
    for (const { id } of others) assert.equal((await octopus.inState(id, ['succeeded', 'lost'])).state, 'succeeded')
    const [damaged] = await octopus.executionsOf(first.id)
    assert.notEqual(damaged.state, 'succeeded', 'nobody knows any more that it did well')
    assert.deepEqual(truth.startedTwice(), [])
    assert.equal((await octopus.run({ plugin: 'probe' }))[0].state, 'succeeded')
    await octopus.clients.get('one')?.stop()
  })

  it('a page of the database: the server does not start, says which file and what to do, and changes nothing', async () => {
    await octopus.server.stop()
    const file = join(octopus.serverFolder, 'octopus.db')
    const whole = readFileSync(file)
    const { size } = statSync(file)
    const pages = openSync(file, 'r+')
    // In the middle, where tables and indexes are.
    for (let at = PAGE_BYTES * 20; at < size - PAGE_BYTES; at += PAGE_BYTES * 7) {
      writeSync(pages, Buffer.alloc(512, 0x5a), 0, 512, at)
    }
    closeSync(pages)
    const damaged = readFileSync(file)
    await assert.rejects(octopus.startAgain())
    assert.equal((await octopus.server.exited).code, 1)
    assert.equal(octopus.server.complaints.length, 1, octopus.server.complaints.join('\n'))
    const said = octopus.server.complaints[0] as string
    assert.match(said, /octopus server: The database .*octopus\.db is damaged .*restore the last backup/)
    assert.ok(damaged.equals(readFileSync(file)), 'it changed the file')
    writeFileSync(file, whole)
    await octopus.startAgain()
  })

  it('a page of the output: output that stands on it is refused by name, results are taken, and the server goes on', async () => {
    octopus.startClient('one', undefined, FLAGS)
    const [before] = await octopus.run({ plugin: 'probe', kwargs: { print_bytes: 500 } })
    await octopus.server.stop()
    const file = join(octopus.serverFolder, 'output.db')
    const whole = readFileSync(file)
    const root = rootPage(file, 'output_head')
    const pages = openSync(file, 'r+')
    writeSync(pages, Buffer.alloc(PAGE_BYTES, 0x5a), 0, PAGE_BYTES, (root - 1) * PAGE_BYTES)
    closeSync(pages)

    await octopus.startAgain()
    await octopus.presence('one', 'online')
    await assert.rejects(octopus.api.get(`/executions/${before.id}/output`), { status: 500 })
    await octopus.server.line(/"level":"error","event":"output-damaged".*output\.db/)
    assert.equal((await octopus.api.get(`/executions/${before.id}`)).state, 'succeeded')
    for (let n = 0; n < 3; n++) {
      const [printed] = await octopus.run({ plugin: 'probe', kwargs: { print_bytes: 50_000 } })
      const { state, outputBytes } = await octopus.api.get(`/executions/${printed.id}`)
      assert.deepEqual([state, outputBytes], ['succeeded', 50_000])
    }
    const ended = octopus.server.lines.filter((line) => line.includes('"session ended"'))
    assert.deepEqual(ended, [], 'a client was sent away for its output')
    assert.ok(octopus.server.isAlive)

    await octopus.server.stop()
    for (const name of ['output.db', 'output.db-wal', 'output.db-shm']) {
      rmSync(join(octopus.serverFolder, name), { force: true })
    }
    writeFileSync(file, whole, { mode: 0o600 })
    await octopus.startAgain()
    assert.equal((await octopus.api.get(`/executions/${before.id}/output`)).complete, true)
  })
})

function rootPage(file: string, table: string): number {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    return Number(database.prepare('select rootpage from sqlite_schema where name = ?').get(table)?.['rootpage'])
  } finally {
    database.close()
  }
}

/** Waits until the journal says of each that it has ended. Nothing tells when a file has changed in the way one waits for. */
async function untilHolds(file: string, executions: readonly string[]): Promise<void> {
  const end = performance.now() + 10_000
  const isIn = (execution: string): boolean =>
    readFileSync(file, 'utf8')
      .split('\n')
      .some((line) => line.includes('"ended"') && line.includes(execution))
  while (!executions.every(isIn)) {
    if (performance.now() > end) throw new Error('a result did not come into the journal')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
