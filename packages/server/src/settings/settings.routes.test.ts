import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import type { Settings } from '@octopus/protocol/rest/settings.ts'

import { ApiWorld, type Call, type Reply } from '#testing/api-world.ts'

const path = '/api/v1/settings'
const change = (body: unknown, revision: string | null = '1', more: Partial<Call> = {}): Call => ({
  method: 'PATCH',
  path,
  body,
  headers: revision === null ? {} : { 'if-match': revision },
  ...more,
})
const read = async (world: ApiWorld): Promise<Settings> => (await world.call({ path, token: world.tokens.viewer })).json

describe('settings', () => {
  it('are the defaults until somebody sets something, with the limits of this version', async () => {
    await using world = await ApiWorld.ready()
    const { limits, ...settings } = await read(world)
    const retention = { executionsDays: 90, outputDays: 30, auditDays: 400 }
    assert.deepEqual(settings, { retention, revision: 1, changedAt: null, changedBy: null })
    assert.deepEqual(limits[0], { name: 'PLUGIN_BYTES_MAX', value: 1_048_576, unit: 'bytes' })
    assert.ok(limits.length > 10)
  })

  it('change one by one, are there after a restart, and leave their trace', async () => {
    const before = await ApiWorld.ready()
    const changed = await before.call(change({ retention: { outputDays: 7 } }))
    assert.equal(changed.status, 200, changed.text)
    await using world = await before.restart()
    const settings = await read(world)
    assert.deepEqual(settings.retention, { executionsDays: 90, outputDays: 7, auditDays: 400 })
    assert.deepEqual([settings.revision, settings.changedBy], [2, 'root/admin'])
    const audit = await world.call({ path: '/api/v1/audit?action=settings.changed' })
    const { items } = audit.json as { items: { subject: string; details: object }[] }
    assert.deepEqual(
      [items.length, items[0]?.subject, items[0]?.details],
      [1, 'retention', { before: { executionsDays: 90, outputDays: 30, auditDays: 400 }, change: { outputDays: 7 } }],
    )
  })

  it('of two who change at once, one is told how they are now', async () => {
    await using world = await ApiWorld.ready()
    const replies = await Promise.all([
      world.call(change({ retention: { outputDays: 7 } })),
      world.call(change({ retention: { outputDays: 8 } })),
    ])
    const late = replies.find(({ status }) => status === 412) as Reply
    assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200, 412]))
    const { code, current } = late.json as { code: string; current: Settings }
    assert.deepEqual([code, current.revision], ['STALE_REVISION', 2])
  })

  const refused: readonly (readonly [string, Call, number, string])[] = [
    ['no revision', change({}, null), 428, 'REVISION_NEEDED'],
    ['an old revision', change({}, '7'), 412, 'STALE_REVISION'],
    ['an unknown group', change({ colour: {} }), 400, 'INVALID_REQUEST'],
    ['an unknown setting', change({ retention: { colours: 1 } }), 400, 'INVALID_REQUEST'],
    ['no day', change({ retention: { auditDays: 0 } }), 400, 'INVALID_REQUEST'],
    ['more days than there will be', change({ retention: { auditDays: 4_000 } }), 400, 'INVALID_REQUEST'],
    ['half a day', change({ retention: { auditDays: 1.5 } }), 400, 'INVALID_REQUEST'],
    ['text', change({ retention: { auditDays: '7' } }), 400, 'INVALID_REQUEST'],
    ['a prototype', change({ retention: null }), 400, 'INVALID_REQUEST'],
  ]
  for (const [what, call, status, code] of refused) {
    it(`refuse ${what}, and stay as they are`, async () => {
      await using world = await ApiWorld.ready()
      const reply = await world.call(call)
      assert.deepEqual([reply.status, (reply.json as { code: string }).code], [status, code], reply.text)
      assert.equal((await read(world)).revision, 1)
    })
  }

  it('are changed by administrators only', async () => {
    await using world = await ApiWorld.ready()
    for (const token of [world.tokens.viewer, world.tokens.operator])
      assert.equal((await world.call(change({}, '1', { token }))).status, 403)
  })
})

leakCheck()
