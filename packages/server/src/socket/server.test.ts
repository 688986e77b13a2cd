import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { describe, it } from 'node:test'

import { createSystemClock } from '@octopus/kit/clock.ts'
import { silentLog } from '@octopus/kit/log.ts'
import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import { HELLO_BYTES_MAX, MESSAGE_BYTES_MAX } from '@octopus/protocol/limits.ts'
import { WebSocket } from 'ws'

import type { ClientLink } from '#delivery/door.ts'

import { connectionCount, type ConnectionLimits } from './connection-count.ts'
import { attachSocketServer, SESSION_PATH, type SocketServer } from './server.ts'

interface Seen {
  readonly link: ClientLink
  readonly address: string
  readonly messages: string[]
  pongs: number
  closed: string[]
}

/** A socket server with a door that remembers. */
class Stage implements AsyncDisposable {
  readonly seen: Seen[] = []
  admits = true
  readonly refused: string[] = []
  readonly server: Server = createServer()
  readonly sockets: SocketServer
  url = ''

  static async open(options: { limits?: ConnectionLimits; handshakeMs?: number } = {}): Promise<Stage> {
    const stage = new Stage(options)
    stage.server.listen(0, '127.0.0.1')
    await once(stage.server, 'listening')
    stage.url = `ws://127.0.0.1:${(stage.server.address() as { port: number }).port}`
    return stage
  }

  constructor(options: { limits?: ConnectionLimits; handshakeMs?: number }) {
    this.sockets = attachSocketServer({
      ...options,
      server: this.server,
      clock: createSystemClock(),
      log: silentLog,
      onRefused: (why) => void this.refused.push(why),
      door: {
        admits: () => this.admits,
        open: (link, { address }) => {
          const seen: Seen = { link, address, messages: [], pongs: 0, closed: [] }
          this.seen.push(seen)
          link.send('{"type":"challenge"}')
          return {
            message: (text) => void seen.messages.push(text),
            pong: () => void seen.pongs++,
            closed: (reason) => void seen.closed.push(reason),
          }
        },
      },
    })
  }

  async connect(path = SESSION_PATH, headers: Record<string, string> = {}): Promise<WebSocket> {
    const socket = new WebSocket(this.url + path, { headers, perMessageDeflate: true })
    const [first] = (await Promise.race([once(socket, 'message'), once(socket, 'error')])) as [unknown]
    if (first instanceof Error) throw first
    return socket
  }

  async until(fact: () => boolean): Promise<void> {
    const deadline = performance.now() + 5_000
    while (!fact()) {
      if (performance.now() > deadline) throw new Error('it never came')
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sockets[Symbol.asyncDispose]()
    this.server.close()
    this.server.closeAllConnections()
  }
}

const closeOf = async (socket: WebSocket): Promise<[code: number, reason: string]> => {
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer]
  return [code, reason.toString()]
}

describe('the socket of clients', () => {
  it('carries text both ways, pings, and tells once of its end', async () => {
    await using stage = await Stage.open()
    const socket = await stage.connect()
    const [seen] = stage.seen
    socket.send('hello')
    await stage.until(() => seen?.messages.length === 1)
    assert.equal(seen?.messages[0], 'hello')
    seen.link.ping()
    await stage.until(() => seen.pongs === 1)
    socket.close(1000, 'bye')
    await stage.until(() => seen.closed.length === 1)
    assert.deepEqual(seen.closed, ['bye'])
    seen.link.send('into nothing')
    seen.link.close('again')
    await stage.until(() => stage.sockets.openCount() === 0)
    assert.equal(seen.closed.length, 1)
  })

  it('delivers nothing any more after it was closed from here', async () => {
    await using stage = await Stage.open()
    const socket = await stage.connect()
    const [seen] = stage.seen
    seen?.link.close('x'.repeat(100) + 'ä'.repeat(100))
    socket.send('too late')
    const [code, reason] = await closeOf(socket)
    assert.equal(code, 1000)
    assert.ok(Buffer.byteLength(reason) <= 123 && reason.startsWith('xxx'))
    assert.deepEqual([seen?.messages, seen?.closed.length], [[], 1])
  })

  const refused: readonly [string, string, Record<string, string>, string][] = [
    ['another path', '/other', {}, '404'],
    ['a path with something behind it', `${SESSION_PATH}?x=1`, {}, '404'],
    ['a browser', SESSION_PATH, { origin: 'https://evil.example' }, '403'],
    ['a page of our own', SESSION_PATH, { origin: 'http://127.0.0.1' }, '403'],
    ['a browser that hides where it comes from', SESSION_PATH, { 'sec-fetch-site': 'none' }, '403'],
  ]
  for (const [what, path, headers, status] of refused) {
    it(`refuses ${what}`, async () => {
      await using stage = await Stage.open()
      await assert.rejects(stage.connect(path, headers), new RegExp(status))
      assert.equal(stage.seen.length, 0)
    })
  }

  it('speaks uncompressed text only', async () => {
    await using stage = await Stage.open()
    const socket = await stage.connect()
    assert.equal(socket.extensions, '')
    socket.send(Buffer.from('bytes'))
    assert.equal((await closeOf(socket))[1], 'only text is spoken here')
  })

  it('listens to little before the welcome, and to more after it', async () => {
    await using stage = await Stage.open()
    const stranger = await stage.connect()
    stranger.send('x'.repeat(HELLO_BYTES_MAX + 1))
    assert.equal((await closeOf(stranger))[1], 'too much said before the welcome')
    const client = await stage.connect()
    const seen = stage.seen[1]
    seen?.link.send('{"type":"welcome"}')
    client.send('x'.repeat(HELLO_BYTES_MAX + 1))
    await stage.until(() => seen?.messages.length === 1)
    client.send('x'.repeat(MESSAGE_BYTES_MAX + 1))
    assert.equal((await closeOf(client))[0], 1009)
    await stage.until(() => seen?.closed.length === 1)
  })

  it('closes who says nothing valid in time', async () => {
    await using stage = await Stage.open({ handshakeMs: 50 })
    const known = await stage.connect()
    stage.seen[0]?.link.send('{"type":"welcome"}')
    const stranger = await stage.connect()
    assert.equal((await closeOf(stranger))[1], 'no valid hello in time')
    assert.equal(known.readyState, WebSocket.OPEN)
  })

  it('has room for a number of strangers, and takes more when they are known', async () => {
    const limits = { total: 3, perAddress: 3, strangers: 2, strangersPerAddress: 2 }
    await using stage = await Stage.open({ limits })
    await stage.connect()
    await stage.connect()
    await assert.rejects(stage.connect(), /503/)
    stage.seen[0]?.link.send('{"type":"welcome"}')
    const third = await stage.connect()
    stage.seen[1]?.link.send('{"type":"welcome"}')
    await assert.rejects(stage.connect(), /503/, 'three are all')
    third.close()
    await stage.until(() => stage.sockets.openCount() === 2)
    await stage.connect()
  })

  it('cuts off who does not read', async () => {
    await using stage = await Stage.open()
    const socket = await stage.connect()
    socket.pause()
    const [seen] = stage.seen
    seen?.link.send('{"type":"welcome"}')
    const text = 'x'.repeat(1_048_576)
    for (let i = 0; i < 64 && seen?.closed.length === 0; i++) {
      seen.link.send(text)
      await new Promise((resolve) => setImmediate(resolve))
    }
    assert.deepEqual(seen?.closed, ['it does not read'])
    socket.terminate()
  })

  it('hears no more of a stranger than a hello needs, however large the message is to be', async () => {
    await using stage = await Stage.open()
    const stranger = await stage.connect()
    stranger.on('error', () => {})
    // Well below what one message may have later: none of it is kept until it is whole.
    stranger.send('x'.repeat(1_000_000))
    await closeOf(stranger)
    assert.deepEqual([stage.seen[0]?.messages, stage.seen[0]?.closed], [[], ['too much said before the welcome']])
  })

  it('reads nothing while it is told to pause, and loses nothing by that', async () => {
    await using stage = await Stage.open()
    const socket = await stage.connect()
    const [seen] = stage.seen
    /** 30 MB: more than the buffers of the system hold. */
    const MANY = 300
    seen?.link.send('{"type":"welcome"}')
    seen?.link.pause()
    for (let n = 0; n < MANY; n++) socket.send(`${n} ${'x'.repeat(100_000)}`)
    for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve))
    assert.equal(seen?.messages.length, 0)
    assert.ok(socket.bufferedAmount > 0, 'what is not read waits with its sender')
    seen.link.resume()
    await stage.until(() => seen.messages.length === MANY)
    assert.deepEqual(
      seen.messages.map((text) => Number(text.split(' ')[0])),
      Array.from({ length: MANY }, (_, n) => n),
    )
  })

  it('closes what is paused as well as what is not', async () => {
    await using stage = await Stage.open()
    const socket = await stage.connect()
    const [seen] = stage.seen
    seen?.link.send('{"type":"welcome"}')
    seen?.link.pause()
    socket.send('unread')
    seen?.link.close('enough')
    assert.equal((await closeOf(socket))[1], 'enough')
    assert.deepEqual(seen?.messages, [])
  })

  for (const kind of ['ping', 'pong'] as const) {
    it(`answers a few pings, and cuts off who floods it with ${kind}s`, async () => {
      await using stage = await Stage.open()
      const socket = await stage.connect()
      stage.seen[0]?.link.send('{"type":"welcome"}')
      socket.ping()
      await once(socket, 'pong')
      const closed = closeOf(socket)
      for (let n = 0; n < 1_000; n++) socket[kind](undefined, undefined, () => {})
      await closed
      assert.deepEqual(stage.seen[0]?.closed, ['too many control frames'])
    })
  }

  it('does not go on reading for ever what comes after the end', async () => {
    await using stage = await Stage.open({ handshakeMs: 60_000 })
    const socket = await stage.connect()
    socket.on('error', () => {})
    const [seen] = stage.seen
    seen?.link.send('{"type":"welcome"}')
    seen?.link.close('enough')
    // It does not answer the close, and goes on.
    const raw = (socket as unknown as { _socket: Socket })._socket
    const frame = Buffer.concat([Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]), Buffer.alloc(65_536)])
    const begun = performance.now()
    for (let n = 0; n < 64 && raw.writable; n++) raw.write(frame)
    await stage.until(() => stage.sockets.openCount() === 0)
    assert.ok(performance.now() - begun < 1_500, 'it was not waited for')
  })

  it('refuses an address of which only failures come, before anything is done for it', async () => {
    await using stage = await Stage.open()
    stage.admits = false
    await assert.rejects(stage.connect(), /429/)
    assert.deepEqual([stage.seen.length, stage.refused], [0, ['failing']])
  })

  it('counts the addresses of one IPv6 network as one', () => {
    const limits = { total: 10, perAddress: 2, strangers: 10, strangersPerAddress: 2 }
    const count = connectionCount(limits)
    const first = count.add('2001:db8::1')
    count.add('2001:db8::2')
    assert.equal(count.hasRoom('2001:db8::3'), false)
    assert.equal(count.hasRoom('2001:db8:0:1::3'), true)
    first.gone()
    assert.equal(count.hasRoom('2001:db8::3'), true)
  })

  it('waits for nobody who does not say goodbye', async () => {
    await using stage = await Stage.open({ handshakeMs: 20 })
    const socket = await stage.connect()
    socket.pause()
    const begun = performance.now()
    await stage.until(() => stage.sockets.openCount() === 0)
    assert.ok(performance.now() - begun < 5_000)
    socket.terminate()
  })

  it('when the server stops, all are closed and none is taken', async () => {
    await using stage = await Stage.open()
    const socket = await stage.connect()
    const closed = closeOf(socket)
    await stage.sockets[Symbol.asyncDispose]()
    assert.deepEqual(await closed, [1001, 'the server is stopping'])
    await assert.rejects(stage.connect(), /503/)
  })
})

leakCheck()
