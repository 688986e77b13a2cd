import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { Flood, FLOODS } from '#e2e/harness/flood.ts'
import { metricsOf, processorMs } from '#e2e/harness/metrics.ts'
import { Octopus } from '#e2e/harness/octopus.ts'
import { residentKib } from '#e2e/harness/pulse.ts'
import { SteadyClient } from '#e2e/harness/steady-client.ts'

/** Ten minutes, as the promise says; less for a look while one works on it. */
const FLOODED_MS = Number(process.env['FLOODED_SECONDS'] ?? 600) * 1_000
const QUIET_MS = Math.min(60_000, FLOODED_MS)
const WARM_MS = Math.min(20_000, FLOODED_MS)
/** Each way to misbehave is tried many times, so that bans end and begin again. */
const TURN_MS = 12_000
const HAND_OVER_MS = 50
const GROWTH_MIB_MAX = 100
const KIB_PER_MIB = 1_024
const COUNTED = /^octopus_(?:client_offences|client_throttled|connections_refused)/

describe('a flood of ten minutes by half a core', () => {
  it('delays no hand-over to others beyond the bound, and takes no memory that stays', async (t) => {
    await using octopus = await Octopus.start()
    await octopus.publish('at_once', 'def run(key):\n    pass\n')
    await using steady = await SteadyClient.join(octopus.url, await octopus.enrollmentToken())
    await steady.measure(octopus.api, 'at_once', WARM_MS)
    const resident = watchResident(octopus.server.pid)
    const quiet = await steady.measure(octopus.api, 'at_once', QUIET_MS)
    const quietMib = resident.max()

    const { items } = await octopus.api.get('/executions?limit=1')
    const { id, attempt, fence } = await octopus.api.get(`/executions/${items[0].id}`)
    const victim = { execution: id, attempt, fence }
    const token = await octopus.enrollmentToken(undefined, FLOODS.length)
    const before = processorMs(octopus.server.pid)
    await using flood = new Flood({ url: octopus.url, token, kinds: FLOODS, victim, turnMs: TURN_MS })
    const flooded = await steady.measure(octopus.api, 'at_once', FLOODED_MS)
    const floodCore = processorMs(flood.pid) / FLOODED_MS
    const serverCore = (processorMs(octopus.server.pid) - before) / FLOODED_MS
    const counts = await flood.counts()
    const maxMib = resident.max()
    const endMib = Math.round(residentKib(octopus.server.pid) / KIB_PER_MIB)
    resident.stop()

    const metrics = [...(await metricsOf(octopus))].filter(([name, value]) => value > 0 && COUNTED.test(name))
    const audit = await octopus.api.all('/audit?action=attempt.refuse')
    t.diagnostic(`quiet ${JSON.stringify(quiet)}, ${quietMib} MiB`)
    t.diagnostic(`flooded ${JSON.stringify(flooded)}, ${endMib} MiB at the end, ${maxMib} at most`)
    t.diagnostic(`the flood took ${floodCore.toFixed(2)} of a core, the server ${serverCore.toFixed(2)}`)
    t.diagnostic(`the flood: ${JSON.stringify(counts)}`)
    t.diagnostic(metrics.map(([name, value]) => `${name} ${Math.round(value)}`).join(' · '))
    t.diagnostic(`${audit.length} rows of the audit trail tell of lies`)
    assert.ok(steady.isOpen)
    assert.ok(flooded.p99Ms <= Math.max(2 * quiet.p99Ms, HAND_OVER_MS), `p99 ${flooded.p99Ms} ms`)
    assert.ok(endMib <= quietMib + GROWTH_MIB_MAX, `${quietMib} MiB became ${endMib}`)
    assert.ok(floodCore < 0.6, `the flood was to have half a core, and took ${floodCore}`)
  })
})

function watchResident(pid: number): { max(): number; stop(): void } {
  let max = 0
  const timer = setInterval(() => (max = Math.max(max, residentKib(pid))), 500)
  return { max: () => Math.round(max / KIB_PER_MIB), stop: () => clearInterval(timer) }
}
