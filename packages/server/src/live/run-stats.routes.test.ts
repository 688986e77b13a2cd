import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import type { RunBucket, Stats } from '@octopus/protocol/rest/stats.ts'

import { ApiWorld } from '#testing/api-world.ts'
import { addFleet, endRun, runOnAll } from '#testing/fleet.ts'

interface Answer {
  readonly from: string
  readonly to: string
  readonly bucketSeconds: number
  readonly items: readonly RunBucket[]
}

const read = async (world: ApiWorld, query = ''): Promise<Answer> => {
  const reply = await world.call({ path: `/api/v1/stats/runs?${query}`, token: world.tokens.viewer })
  assert.equal(reply.status, 200, reply.text)
  return reply.json
}
const filled = ({ items }: Answer): readonly Partial<RunBucket>[] =>
  items
    .map((bucket) => Object.fromEntries(Object.entries(bucket).filter(([, value]) => value !== 0)))
    .filter((bucket) => Object.keys(bucket).length > 1)

describe('runs over time', () => {
  it('are counted when they come to be, by what became of them', async () => {
    await using world = await ApiWorld.ready()
    const members = await addFleet(world, ['one', 'two'])
    const failing = await runOnAll(world)
    await runOnAll(world)
    await world.clock.advance(7_200_000)
    await endRun(world, failing, members, (_member, index) =>
      index === 0 ? {} : { end: 'failed', reason: 'exception' },
    )
    const later = await runOnAll(world)
    await world.call({ method: 'POST', path: `/api/v1/runs/${later.id}/cancel` })
    const day = await read(world)
    assert.equal(day.bucketSeconds, 900)
    assert.deepEqual(filled(day), [
      { at: '2026-01-01T00:00:00.000Z', active: 1, 'partly-failed': 1 },
      { at: '2026-01-01T02:00:00.000Z', cancelled: 1 },
    ])
    const all = (await world.call({ path: '/api/v1/runs' })).json as { total: { value: number } }
    assert.equal(all.total.value, 3, 'as many as the list has')
  })

  it('are in the overview for 24 hours, with the executions that ended', async () => {
    await using world = await ApiWorld.ready()
    const overview = async (): Promise<Stats['last24h']> =>
      ((await world.call({ path: '/api/v1/stats' })).json as Stats).last24h
    assert.deepEqual(await overview(), { succeeded: 0, failed: 0, runs: 0 })
    const members = await addFleet(world, ['one', 'two', 'three'])
    const run = await runOnAll(world)
    await endRun(world, run, members, (_member, index) => (index > 0 ? {} : { end: 'failed', reason: 'exception' }))
    assert.deepEqual(await overview(), { succeeded: 2, failed: 1, runs: 1 })
    await world.clock.advance(22 * 3_600_000)
    const later = await runOnAll(world)
    await world.call({ method: 'POST', path: `/api/v1/runs/${later.id}/cancel` })
    assert.deepEqual(await overview(), { succeeded: 2, failed: 1, runs: 2 })
    await world.clock.advance(3 * 3_600_000)
    assert.deepEqual(await overview(), { succeeded: 0, failed: 0, runs: 1 }, 'what is older is not counted any more')
  })

  it('come in as many buckets as were asked for, of the span that was asked for', async () => {
    await using world = await ApiWorld.ready()
    await runOnAll(world)
    const span = 'from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z'
    for (const [buckets, seconds] of [
      [24, 3_600],
      [1, 86_400],
      [288, 300],
    ] as const) {
      const { items, bucketSeconds, from, to } = await read(world, `${span}&buckets=${buckets}`)
      assert.deepEqual([items.length, bucketSeconds], [buckets, seconds])
      assert.deepEqual([from, to], ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z'])
      assert.equal(items[0]?.active, 0, 'nobody was there')
      assert.equal(items[0]?.skipped, 1)
    }
    const empty = await read(world, 'from=2024-01-01T00:00:00Z&to=2024-02-01T00:00:00Z&buckets=31')
    assert.deepEqual([empty.items.length, filled(empty)], [31, []])
  })

  for (const query of [
    'buckets=0',
    'buckets=501',
    'from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z',
    'from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z',
    'from=2020-01-01T00:00:00Z&to=2026-01-01T00:00:00Z',
    'to=1960-01-01T00:00:00Z',
    'from=now',
  ]) {
    it(`refuse ${query}`, async () => {
      await using world = await ApiWorld.ready()
      const reply = await world.call({ path: `/api/v1/stats/runs?${query}` })
      assert.deepEqual([reply.status, (reply.json as { code: string }).code], [400, 'INVALID_REQUEST'])
    })
  }
})

leakCheck()
