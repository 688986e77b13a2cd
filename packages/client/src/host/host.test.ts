import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { after, describe, it } from 'node:test'

import { createSystemClock } from '@octopus/kit/clock.ts'
import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'
import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import type { Checksum } from '@octopus/protocol/ids.ts'

import { fetchPluginBy, postJson } from './http.ts'
import { pcFacts } from './pc-facts.ts'
import { connectBySocket, endpoint } from './socket-link.ts'
import { lockStateFolder } from './state-lock.ts'

const folder = mkdtempSync(`${tmpdir()}/octopus-host-`)
after(() => rmSync(folder, { recursive: true, force: true }))
const never = new AbortController().signal
const clock = createSystemClock()

async function serve(listener: RequestListener): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/base`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

describe('the lock of a state folder', () => {
  it('keeps a second client out, and is free again when the first one stops', () => {
    const first = lockStateFolder(folder)
    assert.throws(() => lockStateFolder(folder), /already runs on .*another DATA_FOLDER/)
    first[Symbol.dispose]()
    lockStateFolder(folder)[Symbol.dispose]()
  })

  it('ends with its process, also when that is killed', async () => {
    const code = `import { lockStateFolder } from '#host/state-lock.ts'
      globalThis.lock = lockStateFolder(process.argv[1]); console.log('locked'); setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', code, folder], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    assert.throws(() => lockStateFolder(folder), /already runs/)
    child.kill('SIGKILL')
    await once(child, 'close')
    lockStateFolder(folder)[Symbol.dispose]()
  })
})

describe('fetching a plugin', () => {
  const wanted = { checksum: 'c'.repeat(64) as Checksum, sizeBytes: 5, downloadToken: 'secret' }

  it('asks below the server’s address with the token of the session', async () => {
    let asked = ''
    await using server = await serve((request, response) => {
      asked = `${request.url} ${request.headers.authorization}`
      response.end('12345')
    })
    assert.equal((await fetchPluginBy(server.url, clock)(wanted, never)).toString(), '12345')
    assert.equal(asked, `/base/client/v1/plugins/${wanted.checksum} Octopus-Session secret`)
  })

  it('reads no more than the size it knows, follows no redirect, and reports a status', async () => {
    await using server = await serve((request, response) => {
      if (request.headers.authorization?.endsWith('endless')) {
        response.write('x'.repeat(1_000))
        return
      }
      const moved = request.headers.authorization?.endsWith('moved')
      response.writeHead(moved ? 302 : 404, { location: 'http://127.0.0.1:1/' }).end()
    })
    const fetchPlugin = fetchPluginBy(server.url, clock)
    await assert.rejects(fetchPlugin({ ...wanted, downloadToken: 'endless' }, never), /more than 5 bytes/)
    await assert.rejects(fetchPlugin({ ...wanted, downloadToken: 'moved' }, never))
    await assert.rejects(fetchPlugin(wanted, never), /answered 404/)
  })

  /** A fetch by a clock that the test moves; each part that is sent has been read when `send` resolves. */
  async function slowFetch(sizeBytes: number) {
    const hand = createHandClock()
    let read = Promise.withResolvers<void>()
    const monotonic = (): number => (read.resolve(), hand.monotonic())
    const responding = Promise.withResolvers<ServerResponse>()
    const server = await serve((_request, response) => responding.resolve(response))
    const fetched = fetchPluginBy(server.url, { ...hand, monotonic })({ ...wanted, sizeBytes }, never)
    const response = await responding.promise
    const send = async (bytes: number): Promise<void> => {
      read = Promise.withResolvers<void>()
      response.write(Buffer.alloc(bytes, 'x'))
      await read.promise
    }
    return { hand, fetched, response, send, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
  }

  it('waits for all of it on a slow line, as long as more of it comes', async () => {
    await using slow = await slowFetch(400_000)
    for (let part = 0; part < 5; part++) {
      await slow.send(80_000)
      await slow.hand.advance(59_000)
    }
    slow.response.end()
    assert.equal((await slow.fetched).length, 400_000)
  })

  it('gives up when nothing comes for a minute, and when all comes more slowly than any line is', async () => {
    await using silent = await slowFetch(400_000)
    await silent.send(80_000)
    const first = assert.rejects(silent.fetched, /no answer within 60 s/)
    await silent.hand.advance(60_000)
    await first
    await using trickling = await slowFetch(60_000)
    const second = assert.rejects(trickling.fetched, /the answer came too slowly/)
    for (let part = 0; part < 3; part++) {
      await trickling.send(1)
      await trickling.hand.advance(40_000)
    }
    await second
  })

  it('keeps no connection, on which the next session would begin after the network has changed', async () => {
    const ports: (number | undefined)[] = []
    await using server = await serve((request, response) => {
      ports.push(request.socket.remotePort)
      response.end('12345')
    })
    await fetchPluginBy(server.url, clock)(wanted, never)
    await postJson(clock)(server.url, {}, never)
    await fetchPluginBy(server.url, clock)(wanted, never)
    assert.equal(new Set(ports).size, 3)
  })

  it('posts JSON and answers status and text', async () => {
    await using server = await serve((request, response) => {
      request.pipe(response.writeHead(201))
    })
    assert.deepEqual(await postJson(clock)(server.url, { a: 1 }, never), { status: 201, text: '{"a":1}' })
  })
})

describe('a socket', () => {
  it('to a server that is not there is an error with the address, told once', async () => {
    const closed: string[] = []
    const events = { message: () => {}, closed: (reason: string) => void closed.push(reason) }
    await assert.rejects(
      connectBySocket('http://127.0.0.1:1')(events, never),
      /no connection to ws:\/\/127\.0\.0\.1:1\/client/,
    )
    assert.equal(closed.length, 1)
  })

  it('lives below the path of the server’s address', () => {
    assert.equal(
      endpoint('https://x.example/octopus', 'client/v1/session').href,
      'https://x.example/octopus/client/v1/session',
    )
    assert.equal(endpoint('https://x.example/', 'client/v1/session').href, 'https://x.example/client/v1/session')
  })
})

describe('what the PC says of itself', () => {
  it('fits the contract and stays the same within a boot', async () => {
    const [one, two] = [pcFacts(clock, folder), pcFacts(clock, folder)]
    assert.equal(one.bootId, two.bootId)
    assert.ok(one.hostName.length > 0 && one.load() >= 0)
    assert.ok((await one.freeDiskBytes()) > 0)
  })
})

leakCheck()
