import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'

import type { Json } from '#e2e/harness/api.ts'
import { Flood } from '#e2e/harness/flood.ts'
import { metricsOf } from '#e2e/harness/metrics.ts'
import { Octopus } from '#e2e/harness/octopus.ts'
import { residentKib } from '#e2e/harness/pulse.ts'
import { RawSession } from '#e2e/harness/raw-session.ts'
import { SteadyClient } from '#e2e/harness/steady-client.ts'
import { WireClient } from '#e2e/harness/wire.ts'

const GIB = 1_073_741_824
const POURED_MAX = 67_108_864
const PROOF = 'A'.repeat(43)
/** A person does not notice it, and a machine that is busy with other tests keeps it. */
const OTHERS_P99_MS_MAX = 2_000
/** What one who misbehaves may cost for a while; the collector has not run by then. */
const GROWTH_KIB_MAX = 200 * 1_024

describe('a server with a client that keeps to no rule', () => {
  let octopus: Octopus
  let steady: SteadyClient
  let victim: Json

  before(async () => {
    octopus = await Octopus.start()
    await octopus.publish('at_once', 'def run(key):\n    pass\n')
    steady = await SteadyClient.join(octopus.url, await octopus.enrollmentToken())
    await steady.measure(octopus.api, 'at_once', 1_000)
    const { items } = await octopus.api.get('/executions?limit=1')
    const { id, attempt, fence } = await octopus.api.get(`/executions/${items[0].id}`)
    victim = { execution: id, attempt, fence }
  })
  after(async () => {
    await steady[Symbol.asyncDispose]()
    await octopus[Symbol.asyncDispose]()
  })

  // Whatever was tried: others have not noticed.
  afterEach(async (t) => {
    const felt = await steady.measure(octopus.api, 'at_once', 500)
    t.diagnostic(`others: ${JSON.stringify(felt)}`)
    assert.ok(steady.isOpen)
  })

  const enrolled = async (): Promise<WireClient> => {
    const client = new WireClient(octopus.url)
    await client.enroll(await octopus.enrollmentToken())
    return client
  }
  const grown = (from: number): number => residentKib(octopus.server.pid) - from

  it('hears no more than a few kilobytes of a stranger who announces a gigabyte', async (t) => {
    const from = residentKib(octopus.server.pid)
    using stranger = await RawSession.open(octopus.port)
    await stranger.upgrade()
    stranger.head(1_000_000)
    const poured = await stranger.pour(GIB)
    await stranger.closed
    t.diagnostic(`it got rid of ${Math.round(poured / 1_024)} KiB, and the server grew by ${grown(from)} KiB`)
    assert.ok(poured < POURED_MAX, `${poured} bytes were taken`)
    assert.ok(grown(from) < GROWTH_KIB_MAX)
  })

  it('closes half-open connections, and those that speak byte by byte, in time; others come in meanwhile', async () => {
    const idle = await Promise.all(Array.from({ length: 100 }, () => RawSession.open(octopus.port)))
    const waiting = idle.slice(0, 50)
    await Promise.all(waiting.map((one) => one.upgrade()))
    const begun = performance.now()
    const drip = setInterval(() => idle.forEach((one) => one.drip()), 300)
    try {
      const felt = await steady.measure(octopus.api, 'at_once', 2_000)
      assert.ok(felt.p99Ms < OTHERS_P99_MS_MAX, `${felt.p99Ms}`)
      await (await enrolled()).ready().then((wire) => wire.close())
      await Promise.all(idle.map((one) => one.closed))
      assert.ok(performance.now() - begun < 25_000)
    } finally {
      clearInterval(drip)
      for (const one of idle) one[Symbol.dispose]()
    }
  })

  it('answers and counts every lie, sums them up in the audit trail, and shuts out who goes on', async (t) => {
    const liar = await enrolled()
    const wire = await liar.ready()
    const executions = Array.from({ length: 200 }, () => ({ ...victim, startedAt: 1 }))
    const value = { valueJson: '"stolen"', valueKind: 'json', error: null }
    const times = { startedAt: 0, endedAt: 1, outputBytes: 0, cut: { output: false, value: false } }
    const result = { ...victim, fenceProof: PROOF, end: 'failed', reason: 'finished', ...value, ...times }
    wire.say({ type: 'result', journalSeq: 1, results: [result, { ...result, fence: victim.fence + 1 }] })
    const { results } = await wire.next('acknowledge')
    assert.deepEqual(
      results.map(({ disposition, code }: Json) => `${disposition} ${code}`),
      ['refused unproved', 'refused unproved'],
    )
    for (let n = 0; n < 20; n++) wire.say({ type: 'started', executions })
    const refused = await wire.next('refused')
    assert.equal(refused.code, 'bad-message')
    assert.ok(refused.retryAfterMs >= 10_000)
    await wire.closed()
    await assert.rejects(liar.welcomed())
    await steady.measure(octopus.api, 'at_once', 500)

    const metrics = await metricsOf(octopus)
    assert.equal(metrics.get('octopus_client_offences_total{offence="result.refuse"}'), 2)
    const lies = metrics.get('octopus_client_offences_total{offence="attempt.refuse"}') ?? 0
    assert.ok(lies >= 500 && lies < 1_000, `${lies}`)
    const rows = await octopus.api.all(`/audit?actor=${liar.id}`)
    const actions = rows.map(({ action }) => String(action)).toSorted((one, other) => one.localeCompare(other))
    assert.deepEqual(actions, ['attempt.refuse', 'client.bad-message', 'client.enrolled', 'result.refuse'])
    const { state, client } = await octopus.api.get(`/executions/${victim.execution}`)
    assert.deepEqual([state, client.id === liar.id], ['succeeded', false])
    t.diagnostic(`${lies} lies of 4,000 were listened to; ${rows.length} rows of the audit trail`)
  })

  it('ends the session of who sends what is no message', async () => {
    const broken = await enrolled()
    const wire = await broken.ready()
    wire.say('x'.repeat(2_000_000))
    await wire.closed()
    assert.equal((await wire.next('refused')).code, 'bad-message')
  })

  it('reads who sends 10,000 messages a second at the pace that it may have, and others do not wait', async (t) => {
    const from = residentKib(octopus.server.pid)
    const kinds = ['chatter', 'heartbeats', 'false-results', 'sync', 'deaf', 'pings', 'strangers'] as const
    const token = await octopus.enrollmentToken(undefined, kinds.length)
    await using flood = new Flood({ url: octopus.url, token, kinds, victim, turnMs: 0 })
    const felt = await steady.measure(octopus.api, 'at_once', 8_000)
    const counts = await flood.counts()
    const metrics = await metricsOf(octopus)
    const throttled = metrics.get('octopus_client_throttled_seconds_total') ?? 0
    t.diagnostic(`others: ${JSON.stringify(felt)}; the server grew by ${grown(from)} KiB`)
    t.diagnostic(`${JSON.stringify(counts)}; not read for ${Math.round(throttled)} s together`)
    const sent = Object.values(counts).reduce((sum, own) => sum + own.sent, 0)
    assert.ok(sent > 80_000, `${sent} messages were sent`)
    assert.ok(throttled > 1)
    assert.ok(felt.p99Ms < OTHERS_P99_MS_MAX, `${felt.p99Ms}`)
    assert.ok(grown(from) < GROWTH_KIB_MAX)
  })

  it('has believed nothing of all that', async () => {
    const ended = await octopus.api.all('/executions')
    assert.deepEqual(new Set(ended.map(({ state }) => state)), new Set(['succeeded']))
    const rows = await octopus.api.all('/audit?action=attempt.refuse')
    assert.ok(rows.length < 20)
  })
})
