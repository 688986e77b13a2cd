import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { gunzipSync } from 'node:zlib'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import { refusal } from '@octopus/protocol/errors.ts'

import { ApiWorld, type Reply } from '#testing/api-world.ts'

import { SECURITY_HEADERS } from './security-headers.ts'

describe('every answer', () => {
  const paths: readonly [string, number][] = [
    ['/api/v1/stats', 200],
    ['/api/v1/nope', 404],
    ['/api/v1/tasks/%zz', 400],
    ['/dashboard', 200],
    ['/api/docs', 200],
    ['/', 302],
    ['/healthz', 200],
  ]
  for (const [path, status] of paths) {
    it(`tells the browser what not to do: ${path}`, async () => {
      await using world = await ApiWorld.ready()
      const reply = await world.call({ path })
      assert.equal(reply.status, status)
      for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
        if (name !== 'cache-control' || path.startsWith('/api/v1')) assert.equal(reply.headers[name], value, name)
      }
    })
  }

  it('of what nobody expected has a number, and the log the rest', async () => {
    await using world = await ApiWorld.ready()
    world.store.readStats = () => Promise.reject(new Error('SQLITE: secret path /home/x'))
    const reply = await world.call({ path: '/api/v1/stats' })
    assert.equal(reply.status, 500)
    assert.ok(!/secret|SQLITE|home/.test(reply.text))
    const { detail } = reply.json as { detail: string }
    const logged = world.log.lines.find(({ level }) => level === 'error')
    assert.ok(logged && detail.includes(String(logged.fields['id'])))
    assert.match(String(logged.fields['error']), /secret path/)
  })

  it('while the server stops says so', async () => {
    await using world = await ApiWorld.ready()
    world.http.stop()
    const reply = await world.call({ path: '/api/v1/stats' })
    assert.deepEqual([reply.status, (reply.json as { code: string }).code], [503, 'SHUTTING_DOWN'])
    assert.equal(reply.headers['retry-after'], '2')
  })

  it('to what is no HTTP is one too', async () => {
    await using world = await ApiWorld.ready()
    await world.http.app.listen({ port: 0, host: '127.0.0.1' })
    const address = world.http.app.server.address() as { port: number }
    const text = await new Promise<string>((resolve) => {
      let received = ''
      const socket = connect(address.port, '127.0.0.1', () => socket.write('HELLO\r\n\r\n'))
      socket.on('data', (bytes) => (received += String(bytes)))
      socket.on('close', () => resolve(received))
    })
    assert.match(text, /^HTTP\/1.1 400 /)
    assert.match(text, /content-security-policy: default-src 'none'/)
    assert.match(text, /"code":"INVALID_REQUEST"/)
  })
})

describe('readiness', () => {
  it('is found out by a commit, once a second for all who ask, and is lost when the store cannot', async () => {
    await using world = await ApiWorld.ready()
    const { probe } = world.store
    let probes = 0
    world.store.probe = (input) => (probes++, probe(input))
    const ask = (): Promise<Reply> => world.call({ path: '/readyz', token: null })
    await Promise.all([ask(), ask(), ask()])
    assert.equal(probes, 1)
    await world.clock.advance(1_000)
    world.store.probe = () => Promise.reject(refusal('STORE_UNAVAILABLE'))
    assert.deepEqual([(await ask()).status, (await ask()).status], [503, 503])
    world.store.probe = probe
    await world.clock.advance(1_000)
    assert.equal((await ask()).status, 200)
    assert.equal((await world.call({ path: '/healthz', token: null })).status, 200)
  })
})

describe('the documentation', () => {
  it('is made from the table of routes, for programs and for people', async () => {
    await using world = await ApiWorld.start()
    const document = (await world.call({ path: '/api/openapi.json' })).json as { openapi: string; paths: object }
    assert.equal(document.openapi, '3.1.0')
    assert.ok('/api/v1/tasks' in document.paths)
    const page = (await world.call({ path: '/api/docs' })).text
    assert.ok(page.includes('POST /api/v1/tasks') && page.includes('id="PLUGIN_IN_USE"'))
    assert.ok(!/<script|<style|style=|onclick|javascript:/.test(page), 'nothing that the policy forbids')
  })
})

describe('the dashboard', () => {
  const built = async (): Promise<ApiWorld> => {
    const world = await ApiWorld.start()
    world.dashboardDisk.poke('dist/index.html', '<!doctype html><title>Octopus</title>')
    world.dashboardDisk.poke('dist/assets/app-abc123.js', 'console.log(1)')
    world.dashboardDisk.poke('dist/secret.key', 'x')
    return world
  }

  it('says how to build it while it is not built, and is there once it is', async () => {
    await using world = await ApiWorld.start()
    const missing = await world.call({ path: '/dashboard' })
    assert.equal(missing.status, 200)
    assert.match(missing.text, /npm run build:dashboard/)
    world.dashboardDisk.poke('dist/index.html', 'built')
    assert.equal((await world.call({ path: '/dashboard' })).text, 'built')
  })

  it('every page of it is its one page, which is asked for again each time', async () => {
    await using world = await built()
    for (const path of ['/dashboard', '/dashboard/', '/dashboard/tasks/0199?x=1', '/dashboard/index.html']) {
      const reply = await world.call({ path })
      assert.match(reply.text, /<title>Octopus/)
      assert.equal(reply.headers['cache-control'], 'no-cache')
      const again = await world.call({ path, headers: { 'if-none-match': String(reply.headers['etag']) } })
      assert.equal(again.status, 304)
    }
    assert.equal((await world.call({ path: '/' })).headers['location'], '/dashboard')
  })

  it('its assets never change, and are packed for who wants it', async () => {
    await using world = await built()
    const path = '/dashboard/assets/app-abc123.js'
    const plain = await world.call({ path })
    assert.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable')
    assert.equal(plain.headers['content-type'], 'text/javascript; charset=utf-8')
    assert.equal(plain.headers['content-encoding'], undefined)
    const packed = await world.http.app.inject({ url: path, headers: { 'accept-encoding': 'br, gzip' } })
    assert.equal(packed.headers['content-encoding'], 'gzip')
    assert.equal(String(gunzipSync(packed.rawPayload)), 'console.log(1)')
  })

  it('is nothing but its own files', async () => {
    await using world = await built()
    const paths = ['/dashboard/secret.key', '/dashboard/assets/none.js', '/dashboard/../package.json']
    paths.push('/dashboard/%2e%2e/%2e%2e/package.json', '/dashboard/..%2f..%2fpackage.json', '/dashboard/__proto__.js')
    for (const path of paths) assert.equal((await world.call({ path })).status, 404, path)
  })
})

describe('a list', () => {
  it('is read page by page, each item once, with cursors that fit nothing else', async () => {
    await using world = await ApiWorld.ready()
    for (let i = 0; i < 7; i++) {
      const body = { name: `task ${i}`, plugin: 'greet', owner: 'all', type: 'ad-hoc' }
      await world.call({ method: 'POST', path: '/api/v1/tasks', body })
    }
    interface Page {
      items: { name: string }[]
      nextCursor: string | null
      total: { value: number }
    }
    const names: string[] = []
    let cursor: string | null = null
    do {
      const path: string = `/api/v1/tasks?limit=3${cursor === null ? '' : `&cursor=${cursor}`}`
      const page = (await world.call({ path })).json as Page
      names.push(...page.items.map(({ name }) => name))
      assert.equal(page.total.value, 7)
      cursor = page.nextCursor
      if (cursor !== null) {
        const other = await world.call({ path: `/api/v1/tasks?status=created&cursor=${cursor}` })
        assert.equal((other.json as { code: string }).code, 'INVALID_CURSOR')
      }
    } while (cursor !== null)
    assert.deepEqual(
      names,
      [6, 5, 4, 3, 2, 1, 0].map((i) => `task ${i}`),
    )
  })
})

leakCheck()
