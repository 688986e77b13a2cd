import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'

import { SLOTS_DEFAULT } from '@octopus/protocol/limits.ts'

import type { GroundTruth } from '#e2e/harness/ground-truth.ts'
import { Octopus } from '#e2e/harness/octopus.ts'
import { limitOpenFiles, openFilesOf, withoutFileLimit } from '#e2e/harness/open-files.ts'

const FLAGS = ['--heartbeat-interval', '1']
/** So many more the server may open; strangers want ten times as many. */
const SPARE = 5
const STRANGERS = 50
const USUAL = 1_024
/** A server that has files left answers long before. */
const ANSWER_MS_MAX = 3_000

describe('a server that may open no more files', { skip: withoutFileLimit() }, () => {
  let octopus: Octopus
  let truth: GroundTruth
  const strangers: Socket[] = []
  before(async () => {
    octopus = await Octopus.start(['--hold-seconds', '45'])
    truth = octopus.truth('files')
    await octopus.publishSample('probe')
    await octopus.startClients(['one', 'two'], FLAGS)
  })
  after(async () => {
    for (const stranger of strangers) stranger.destroy()
    await octopus[Symbol.asyncDispose]()
  })

  it('turns strangers away and keeps working; with files left it takes them in again', async (t) => {
    const task = await octopus.task({
      plugin: 'probe',
      kwargs: { ground_truth: truth.path },
      type: 'scheduled',
      intervalSeconds: 1,
      overlap: 'allow',
    })
    await truth.eventually((lines) => lines.length > 0)
    const { pid } = octopus.server
    limitOpenFiles(pid, openFilesOf(pid) + SPARE)
    const turnedAway = await comeAll()
    t.diagnostic(`${turnedAway} of ${STRANGERS} connections were closed at once`)
    // What the server closes meanwhile by itself makes room for some; who is closed at once found none.
    assert.ok(turnedAway > 0, 'nobody was turned away: there were files left')

    const starts = truth.starts().length
    await truth.eventually((lines) => lines.filter(({ event }) => event === 'start').length >= starts + 3)
    // A client that has lost its connection meanwhile must find its way back afterwards.
    await octopus.clients.get('two')?.die()
    octopus.startClient('two', undefined, FLAGS)
    assert.ok(octopus.server.isAlive, 'it ended')

    for (const stranger of strangers) stranger.destroy()
    limitOpenFiles(pid, USUAL)
    await octopus.presence('two', 'online')
    assert.equal(await answered(), true)
    await octopus.api.post(`/tasks/${task.id}/end`)
    await octopus.completed(task.id)
    const executions = await octopus.executionsOf(task.id)
    assert.ok(executions.length >= 4)
    // The client that was killed may have been running some; of the other one nothing may be lost.
    const lost = executions.filter(({ state }) => state !== 'succeeded')
    const withTheKilled = lost.filter(({ reason, client }) => reason === 'client-restarted' && client?.name === 'two')
    assert.deepEqual(lost, withTheKilled)
    assert.ok(lost.length <= SLOTS_DEFAULT, `${lost.length} were lost, and it ran ${SLOTS_DEFAULT} at once`)
    assert.deepEqual(truth.startedTwice(), [])
    assert.equal(octopus.server.pid, pid)
  })

  /** Connects them all; answers how many the server has closed without a word. */
  async function comeAll(): Promise<number> {
    const fates = Array.from({ length: STRANGERS }, async () => {
      const stranger = connect(octopus.port, '127.0.0.1')
      strangers.push(stranger)
      stranger.on('error', () => {})
      const gone = once(stranger, 'close').then(() => true)
      return Promise.race([gone, new Promise<false>((resolve) => setTimeout(resolve, ANSWER_MS_MAX, false))])
    })
    return (await Promise.all(fates)).filter(Boolean).length
  }

  /** Whether somebody new gets an answer. */
  async function answered(): Promise<boolean> {
    const asking = connect(octopus.port, '127.0.0.1')
    strangers.push(asking)
    asking.on('error', () => {})
    asking.write('GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n')
    let said = ''
    asking.setEncoding('utf8').on('data', (text: string) => (said += text))
    const timer = setTimeout(() => asking.destroy(), ANSWER_MS_MAX)
    await once(asking, 'close')
    clearTimeout(timer)
    return said.startsWith('HTTP/1.1 200')
  }
})
