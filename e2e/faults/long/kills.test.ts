import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { endsOf, KillStorm, type Recovery } from '#e2e/harness/kill-storm.ts'

const SEED = Number(process.env['SEED'] ?? 20261124)
const KILLS = Number(process.env['KILLS'] ?? 200)
/** One million executions. */
const HISTORY = { tasks: Number(process.env['HISTORY_TASKS'] ?? 20), runs: 500, clients: 100 }
/** From the start of the process to its first answer, and to the first execution that a client starts. */
const RECOVERY_MS_MAX = 5_000

describe(`200 kills at random over 1,000,000 executions, seed ${SEED}`, () => {
  let storm: KillStorm
  before(async () => {
    storm = await KillStorm.start(SEED, HISTORY)
  })
  after(() => storm[Symbol.asyncDispose]())

  it('lose no task that was acknowledged, and start nothing twice', async (t) => {
    const end = await storm.rage(KILLS)
    const servers = storm.recoveries.length
    t.diagnostic(
      `${servers} kills of the server, ${KILLS - servers} of clients, ${end.acknowledged.length} tasks taken`,
    )
    t.diagnostic(`settled ${end.settledMs} ms after the last restart; ${endsOf(end.executions)}`)
    assert.ok(end.acknowledged.length > KILLS, 'there was hardly any load')
    await storm.assertNothingLost(end)
  })

  it('let the server answer in less than five seconds each time, and hand over in less than that half of the times', (t) => {
    const sorted = (of: (recovery: Recovery) => number): readonly number[] =>
      storm.recoveries.map(of).toSorted((a, b) => a - b)
    const median = (all: readonly number[]): number => all[all.length >> 1] ?? Infinity
    const tell = (all: readonly number[]): string => `median ${median(all)} ms, at most ${all.at(-1)} ms`
    const onTheWall = sorted(({ readyMs }) => readyMs)
    t.diagnostic(
      `${storm.recoveries.length} recoveries: ready ${tell(onTheWall)}; first hand-over ${tell(sorted(({ handOverMs }) => handOverMs))}`,
    )
    // Where something else takes the processors, the time on the wall says nothing of the server: what it computed does.
    const ownMs = ({ readyMs, processorMs }: Recovery): number => Math.min(readyMs, processorMs)
    const ready = sorted(ownMs)
    const handOver = sorted((recovery) => recovery.handOverMs - recovery.readyMs + ownMs(recovery))
    t.diagnostic(`on a machine of its own: ready ${tell(ready)}; first hand-over ${tell(handOver)}`)
    assert.ok(ready.length > KILLS / 5, 'the server was hardly killed')
    assert.ok((ready.at(-1) ?? Infinity) < RECOVERY_MS_MAX, `ready after ${ready.at(-1)} ms`)
    // One that waits instead of computing is late by the wall alone.
    assert.ok(median(onTheWall) < RECOVERY_MS_MAX, `ready: ${tell(onTheWall)}`)
    // When the first client is back, its chance says: of many times, half are below.
    assert.ok(median(handOver) < RECOVERY_MS_MAX, `hand-over: ${tell(handOver)}`)
  })

  it('leave a sound database with exactly one result for every attempt that was started', async () => {
    await storm.octopus.server.stop()
    storm.assertOneResultEach()
    await storm.octopus.startAgain()
  })
})
