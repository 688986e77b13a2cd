import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'

import { CONNECTIONS_MAX, countConnections } from './connections.ts'

/** A server that has room for two connections of an address, and answers each request. */
class Stage implements AsyncDisposable {
  readonly server: Server = createServer((_request, response) => void response.end('served'))
  readonly #sockets: Socket[] = []

  static async open(isTrustedProxy?: (address: string) => boolean): Promise<Stage> {
    const stage = new Stage()
    countConnections(stage.server, isTrustedProxy, 2)
    stage.server.listen(0, '127.0.0.1')
    await once(stage.server, 'listening')
    return stage
  }

  /** A connection over which something was asked already: the answer, or nothing where it was closed unread. */
  async ask(localAddress = '127.0.0.1'): Promise<{ readonly socket: Socket; readonly said: string }> {
    const { port } = this.server.address() as { port: number }
    const socket = connect({ port, host: '127.0.0.1', localAddress })
    this.#sockets.push(socket)
    socket.on('error', () => {})
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    const closed = once(socket, 'close').then(() => '')
    const said = await Promise.race([
      once(socket, 'data').then(
        ([bytes]) => String(bytes),
        () => '',
      ),
      closed,
    ])
    return { socket, said: said.split('\r\n', 1)[0] ?? '' }
  }

  /** Ends a connection and waits until the server knows. */
  async end(socket: Socket): Promise<void> {
    const before = await this.#count()
    socket.destroy()
    while ((await this.#count()) >= before) await new Promise((resolve) => setImmediate(resolve))
  }

  #count(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.getConnections((error, count) => (error ? reject(error) : resolve(count)))
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.server.closeAllConnections()
    this.server.close()
    await once(this.server, 'close')
  }
}

const SERVED = 'HTTP/1.1 200 OK'

describe('the connections of the server', () => {
  it('of one address are bounded: one more is closed before anything of it is read', async () => {
    await using stage = await Stage.open()
    const first = await stage.ask()
    const second = await stage.ask()
    assert.deepEqual([first.said, second.said], [SERVED, SERVED])
    assert.equal((await stage.ask()).said, '')
    assert.equal((await stage.ask('127.0.0.2')).said, SERVED, 'another address has its own')
    await stage.end(first.socket)
    const third = await stage.ask()
    assert.equal(third.said, SERVED, 'there is room again')
    assert.equal((await stage.ask()).said, '')
    for (const { socket } of [second, third]) await stage.end(socket)
    for (const said of [SERVED, SERVED, '']) assert.equal((await stage.ask()).said, said, 'all of the room')
  })

  it('of a proxy that is trusted are those of many, and not counted as one', async () => {
    await using stage = await Stage.open((address) => address === '127.0.0.1')
    for (let n = 0; n < 4; n++) assert.equal((await stage.ask()).said, SERVED)
  })

  it('are bounded together, too', async () => {
    await using stage = await Stage.open()
    assert.equal(stage.server.maxConnections, CONNECTIONS_MAX)
  })
})

leakCheck()
