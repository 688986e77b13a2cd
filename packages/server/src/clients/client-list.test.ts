import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import type { Client } from '@octopus/protocol/rest/clients.ts'

import { ApiWorld } from '#testing/api-world.ts'
import { addFleet } from '#testing/fleet.ts'

describe('the list of clients', () => {
  it('is filtered by the beginning of the name and by label, with the number there are', async () => {
    await using world = await ApiWorld.ready()
    const members = await addFleet(world, ['PC-1', 'pc-2', 'server', '%wild'])
    const label = async (name: string, labels: readonly string[]): Promise<void> => {
      const id = members.find((member) => member.name === name)?.id
      const headers = { 'if-match': '1' }
      const reply = await world.call({ method: 'PATCH', path: `/api/v1/clients/${id}`, body: { labels }, headers })
      assert.equal(reply.status, 200, reply.text)
    }
    await label('PC-1', ['berlin', 'test "a"'])
    await label('pc-2', ['berlin-mitte', 'a'])
    const table: readonly (readonly [string, readonly string[]])[] = [
      ['name=pc', ['PC-1', 'pc-2']],
      ['name=PC-2', ['pc-2']],
      ['name=%25', ['%wild']],
      ['name=erver', []],
      ['label=berlin', ['PC-1']],
      ['label=a', ['pc-2']],
      [`label=${encodeURIComponent('test "a"')}`, ['PC-1']],
      ['name=pc&label=berlin&status=approved', ['PC-1']],
      ['label=nobody', []],
    ]
    for (const [query, names] of table) {
      const reply = await world.call({ path: `/api/v1/clients?${query}` })
      const { items, total } = reply.json as { items: Client[]; total: { value: number } }
      assert.deepEqual(
        items.map(({ name }) => name),
        names,
        query,
      )
      assert.equal(total.value, names.length, query)
    }
    assert.equal((await world.call({ path: '/api/v1/clients?name=' })).status, 400)
  })
})

leakCheck()
