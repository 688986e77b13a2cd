import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'

import { ApiWorld } from '#testing/api-world.ts'

describe('measures', () => {
  it('are for whoever may look, and for nobody else', async () => {
    await using world = await ApiWorld.ready()
    for (const role of ['viewer', 'operator', 'admin'] as const) {
      assert.equal((await world.call({ path: '/metrics', token: world.tokens[role] })).status, 200, role)
    }
    assert.equal((await world.call({ path: '/metrics', token: null })).status, 401)
    assert.equal((await world.call({ path: '/metrics', token: 'octo_no' })).status, 401)
  })

  it('count executions by state, also those that there are none of', async () => {
    await using world = await ApiWorld.ready()
    const { text, headers } = await world.call({ path: '/metrics' })
    assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/)
    for (const state of ['queued', 'running', 'disconnected', 'lost']) {
      assert.match(text, new RegExp(`^octopus_executions\\{state="${state}"\\} 0$`, 'm'))
    }
    assert.match(text, /^octopus_disk_bytes\{kind="free"\} 1$/m)
    assert.match(text, /^octopus_sessions 0$/m)
  })

  it('tell how long executions waited, in buckets', async () => {
    await using world = await ApiWorld.ready()
    world.bus.publish('handed-over', { waitedMs: [20, 7_000] })
    const { text } = await world.call({ path: '/metrics' })
    assert.match(text, /^octopus_hand_over_wait_seconds_bucket\{le="0.05"\} 1$/m)
    assert.match(text, /^octopus_hand_over_wait_seconds_count 2$/m)
  })

  it('name routes by their pattern: nobody makes labels by asking for paths', async () => {
    await using world = await ApiWorld.ready()
    for (const path of ['/api/v1/users/root', '/api/v1/users/nobody', '/no/such/path-1', '/no/such/path-2']) {
      await world.call({ path })
    }
    const { text } = await world.call({ path: '/metrics' })
    assert.match(
      text,
      /octopus_http_request_seconds_count\{method="GET",route="\/api\/v1\/users\/:name",status="2xx"\} 1/,
    )
    assert.match(text, /octopus_http_request_seconds_count\{method="GET",route="none",status="4xx"\} 2/)
    assert.ok(!/nobody|path-1|root/.test(text))
  })
})

describe('a server that stops', () => {
  it('still says that it lives, and that it is not ready', async () => {
    await using world = await ApiWorld.ready()
    world.http.stop()
    assert.equal((await world.call({ path: '/healthz', token: null })).status, 200)
    const { status, json } = await world.call({ path: '/readyz', token: null })
    assert.deepEqual([status, (json as { code: string }).code], [503, 'SHUTTING_DOWN'])
  })
})

leakCheck()
