import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'

import { HELLO_BYTES_MAX, MESSAGE_BYTES_MAX } from '@octopus/protocol/limits.ts'

import type { Json } from './harness/api.ts'
import { Octopus } from './harness/octopus.ts'
import { inventory, Wire, WireClient } from './harness/wire.ts'

const PROOF = 'A'.repeat(43)
const STRANGE_ID = '01890000-0000-7000-8000-000000000001'

describe('a server among hostile neighbours', () => {
  let octopus: Octopus
  let hostile: WireClient

  before(async () => {
    octopus = await Octopus.start()
    await octopus.publishSample('probe')
    await octopus.startClientOf('alice', 'alice-pc')
    hostile = await enrolled()
  })
  after(() => octopus[Symbol.asyncDispose]())

  const enrolled = async (): Promise<WireClient> => {
    const client = new WireClient(octopus.url)
    await client.enroll(await octopus.enrollmentToken())
    return client
  }

  // Whatever was tried: ordinary work goes on.
  afterEach(async () => {
    const [execution] = await octopus.run({ plugin: 'probe', owner: 'user', user: 'alice', kwargs: { value: 'fine' } })
    assert.deepEqual([execution.state, execution.result.value], ['succeeded', 'fine'])
  })

  describe('on the socket, before the welcome', () => {
    const refusals: Readonly<Record<string, (challenge: Json) => object | string>> = {
      'what is no JSON': () => '{"type": "hello"',
      'an unknown type': () => ({ type: 'open-sesame' }),
      'a type that every object has': () => '{"type": "__proto__"}',
      'no type': () => '[]',
      'a heartbeat': () => ({ type: 'heartbeat', seq: 1, echo: 0, clientTime: 0, load: 0, freeSlots: 1 }),
      'an inventory': () => inventory(),
      'a hello with a field too many': (challenge) => ({ ...hostile.hello(challenge), admin: true }),
      'a hello larger than it may be': (challenge) =>
        JSON.stringify(hostile.hello(challenge)).padEnd(HELLO_BYTES_MAX + 1),
      'bytes instead of text': () => Buffer.from('{}'),
      'a megabyte of brackets': () => '['.repeat(1_000_000),
    }
    for (const [what, make] of Object.entries(refusals)) {
      it(`closes the connection that says ${what}`, async () => {
        const { wire, challenge } = await Wire.open(octopus.url)
        wire.say(make(challenge))
        await wire.closed()
        await assert.rejects(wire.next('welcome'))
      })
    }

    it('refuses a hello that is signed with another key, and one for a client that does not exist', async () => {
      const first = await Wire.open(octopus.url)
      first.wire.say(hostile.hello(first.challenge, (text) => new WireClient('').keys.sign(text)))
      assert.equal((await first.wire.next('refused')).code, 'wrong-signature')
      await first.wire.closed()

      const second = await Wire.open(octopus.url)
      second.wire.say(new WireClient(octopus.url).hello(second.challenge))
      assert.equal((await second.wire.next('refused')).code, 'unknown-client')
      await second.wire.closed()
    })

    it('refuses a hello that was good for an earlier challenge', async () => {
      const first = await Wire.open(octopus.url)
      const hello = hostile.hello(first.challenge)
      first.wire.say(hello)
      await first.wire.next('welcome')
      first.wire.close()
      const second = await Wire.open(octopus.url)
      second.wire.say(hello)
      assert.equal((await second.wire.next('refused')).code, 'wrong-signature')
      await second.wire.closed()
    })

    it('takes no connection from a page in a browser, and none at another address', async () => {
      assert.equal(await upgrade('/client/v1/session', { origin: octopus.url }), 403)
      assert.equal(await upgrade('/client/v1/session', { origin: 'https://evil.example' }), 403)
      assert.equal(await upgrade('/client/v1/session/', {}), 404)
      assert.equal(await upgrade('/client/v1/session', {}), 101)
    })
  })

  describe('on the socket, after the welcome', () => {
    // Who has said what is no message is shut out for a while: each of them has not yet.
    beforeEach(async () => void (hostile = await enrolled()))

    const attempt = { execution: STRANGE_ID, attempt: 1, fence: 1 }
    const outOfOrder: Readonly<Record<string, Json>> = {
      'a result before the inventory': { type: 'result', journalSeq: 1, results: [resultFor(attempt)] },
      'started before the inventory': { type: 'started', executions: [{ ...attempt, startedAt: 0 }] },
      'an unknown field': { type: 'heartbeat', seq: 1, echo: 0, clientTime: 0, load: 0, freeSlots: 1, more: 1 },
      'a number that is too large': { type: 'heartbeat', seq: 2 ** 60, echo: 0, clientTime: 0, load: 0, freeSlots: 1 },
    }
    for (const [what, message] of Object.entries(outOfOrder)) {
      it(`closes the connection that says ${what}`, async () => {
        const wire = await hostile.welcomed()
        wire.say(message)
        await wire.closed()
      })
    }

    it('closes the connection that says hello twice', async () => {
      const { wire, challenge } = await Wire.open(octopus.url)
      wire.say(hostile.hello(challenge))
      await wire.next('welcome')
      wire.say(hostile.hello(challenge))
      await wire.closed()
    })

    it('closes the connection that sends more than 2 MiB, or sends bytes', async () => {
      const large = await hostile.ready()
      large.say('x'.repeat(MESSAGE_BYTES_MAX + 1))
      assert.equal((await large.closed()).code, 1009)
      const binary = await (await enrolled()).ready()
      binary.say(Buffer.alloc(1_000))
      await binary.closed()
    })

    it('refuses what a client says about the execution of another one, and changes nothing', async () => {
      const truth = octopus.truth('stolen')
      const kwargs = { run_for_ms: 4_000, value: 'honest', print_bytes: 200, ground_truth: truth.path }
      const task = await octopus.task({ plugin: 'probe', owner: 'user', user: 'alice', kwargs })
      const execution = await octopus.inState(task.id, ['running'])
      const key = { execution: execution.id, attempt: execution.attempt, fence: execution.fence }
      const wire = await hostile.ready()
      wire.say({ type: 'started', executions: [{ ...key, startedAt: 1 }] })
      wire.say({ type: 'rejected', executions: [{ ...key, reason: 'no-slot', detail: '' }] })
      wire.say({ type: 'progress', ...key, fraction: 1, text: 'stolen' })
      const chunk = { ...key, fenceProof: PROOF, offset: 0, stream: 'stdout', at: 0, text: 'stolen' }
      wire.say({ type: 'output', chunks: [chunk, { ...chunk, offset: 200 }] })
      const future = { ...key, fence: key.fence + 1_000 }
      wire.say({ type: 'result', journalSeq: 1, results: [resultFor(key), resultFor(future), resultFor(attempt)] })
      const { results } = await wire.next('acknowledge')
      const mine = results.filter((result: Json) => result.fence === key.fence)
      assert.deepEqual(new Set(mine.map(({ disposition }: Json) => disposition)), new Set(['refused']))

      const meanwhile = await octopus.api.get(`/executions/${execution.id}`)
      assert.deepEqual([meanwhile.state, meanwhile.progress], ['running', null])
      await octopus.completed(task.id)
      const ended = await octopus.api.get(`/executions/${execution.id}`)
      assert.deepEqual([ended.state, ended.result.value, ended.lateResults], ['succeeded', 'honest', []])
      assert.doesNotMatch(await octopus.outputOf(execution.id), /stolen/)
      wire.close()
    })

    it('gives plugin bytes only to whoever has a session', async () => {
      const plugin = await octopus.api.get('/plugins/probe')
      for (const authorization of [undefined, 'Bearer none', `Bearer ${octopus.api.token}`]) {
        const headers = authorization === undefined ? {} : { authorization }
        const response = await fetch(`${octopus.url}/client/v1/plugins/${plugin.checksum}`, { headers })
        await response.arrayBuffer()
        assert.ok([401, 403].includes(response.status), `${authorization}: ${response.status}`)
      }
    })

    it('lives through a flood of messages', async () => {
      const wire = await hostile.ready()
      for (let n = 0; n < 20_000 && wire.isOpen; n++) wire.say({ type: 'accepted', executions: [attempt] })
      const { clients } = await octopus.api.get('/stats')
      assert.ok(clients.online >= 1)
      wire.close()
    })
  })

  describe('by HTTP', () => {
    const json = { 'content-type': 'application/json' }
    const post = async (body: string, headers: Record<string, string> = json): Promise<number> => {
      const authorization = `Bearer ${octopus.api.token}`
      const response = await fetch(`${octopus.url}/api/v1/tasks`, {
        method: 'POST',
        body,
        headers: { authorization, ...headers },
      })
      assert.match(response.headers.get('content-type') ?? '', /application\/problem\+json/)
      const problem = (await response.json()) as Json
      assert.ok(problem.code && problem.detail, JSON.stringify(problem))
      assert.doesNotMatch(JSON.stringify(problem), /node_modules|\.ts:/)
      return response.status
    }

    it('refuses bodies that are too large, no JSON, or in another language', async () => {
      assert.equal(await post(JSON.stringify({ name: 'x'.repeat(3_000_000) })), 413)
      assert.equal(await post('{"name": '), 400)
      assert.equal(await post('[1, 2]'), 400)
      assert.equal(await post('['.repeat(100_000)), 400)
      assert.equal(await post('{"__proto__": {"role": "admin"}}'), 400)
      assert.equal(await post('name=x', { 'content-type': 'application/x-www-form-urlencoded' }), 415)
      assert.equal(await post('{}', { 'content-type': 'text/plain' }), 415)
    })

    it('refuses a body that says it is larger than it may be, before it has come', async () => {
      const socket = open(
        `POST /api/v1/tasks HTTP/1.1\r\nHost: x\r\n${auth()}Content-Type: application/json\r\nContent-Length: 999999999\r\n\r\n{`,
      )
      const [answer] = (await once(socket, 'data')) as [Buffer]
      assert.match(answer.toString(), /^HTTP\/1\.1 413 /)
      socket.destroy()
    })

    it('reads a body that is too large to its end, and then answers the next request of the connection', async () => {
      const body = JSON.stringify({ name: 'x'.repeat(3_000_000) })
      const first = `POST /api/v1/tasks HTTP/1.1\r\nHost: x\r\n${auth()}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
      const answers = await raw(`${first}GET /api/v1/me HTTP/1.1\r\nHost: x\r\n${auth()}Connection: close\r\n\r\n`)
      assert.deepEqual(answers.match(/HTTP\/1\.1 \d{3}/g), ['HTTP/1.1 413', 'HTTP/1.1 200'])
    })

    it('stops all the same while somebody sends a body without an end', async () => {
      const socket = open(
        `POST /api/v1/tasks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 999999999\r\n\r\n{`,
      )
      await once(socket, 'data')
      const drip = setInterval(() => socket.writable && socket.write('a'), 200)
      try {
        assert.deepEqual(await octopus.server.stop(), { code: 0, signal: null })
      } finally {
        clearInterval(drip)
        socket.destroy()
      }
      await octopus.startAgain()
    })

    it('answers what is no HTTP, or two requests in one, with 400 and ends the connection', async () => {
      const broken = [
        'HELO server\r\n\r\n',
        'GET /api/v1/me HTTP/9.9\r\n\r\n',
        'GET / HTTP/1.1\r\nHost: x\r\nbroken header\r\n\r\n',
        `POST /api/v1/tasks HTTP/1.1\r\nHost: x\r\n${auth()}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
        'GET /api/v1/\u0000me HTTP/1.1\r\nHost: x\r\n\r\n',
      ]
      for (const text of broken) {
        const answer = await raw(text)
        assert.match(answer, /^(?:HTTP\/1\.1 400 |$)/, text)
        assert.doesNotMatch(answer, /node_modules|\.ts:/)
      }
      const long = await raw(`GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(100_000)}\r\n\r\n`)
      assert.match(long, /^HTTP\/1\.1 4\d\d /)
    })

    it('serves everybody else while many send their headers and bodies byte by byte, and ends them', async () => {
      const slow = Array.from({ length: 50 }, (_, n) =>
        open(
          n % 2 === 0
            ? 'GET /api/v1/me HTTP/1.1\r\nHost: x\r\nX-Slow'
            : `POST /api/v1/tasks HTTP/1.1\r\nHost: x\r\n${auth()}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`,
        ),
      )
      const drip = setInterval(() => slow.forEach((socket) => socket.writable && socket.write('a')), 500)
      try {
        const [execution] = await octopus.run({ plugin: 'probe', owner: 'user', user: 'alice' })
        assert.equal(execution.state, 'succeeded')
        const headersOnly = slow.filter((_, n) => n % 2 === 0)
        await Promise.all(headersOnly.map((socket) => ended(socket)))
      } finally {
        clearInterval(drip)
        for (const socket of slow) socket.destroy()
      }
    })
  })

  const auth = (): string => `Authorization: Bearer ${octopus.api.token}\r\n`

  function open(text: string): Socket {
    const socket = connect(octopus.port, '127.0.0.1')
    socket.on('error', () => {}).resume()
    socket.write(text)
    return socket
  }

  /** Sends bytes as they are and answers what came until the connection was closed. */
  async function raw(text: string): Promise<string> {
    const socket = open(text)
    let answer = ''
    socket.on('data', (bytes: Buffer) => (answer += bytes.toString()))
    await ended(socket)
    return answer
  }

  function upgrade(path: string, headers: Record<string, string>): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const handshake = { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-version': '13' }
      const all = { connection: 'Upgrade', upgrade: 'websocket', ...handshake, ...headers }
      const asked = request({ port: octopus.port, host: '127.0.0.1', path, headers: all })
      asked.on('upgrade', (response, socket) => {
        socket.destroy()
        resolve(response.statusCode)
      })
      asked.on('response', (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      asked.on('error', reject).end()
    })
  }
})

function ended(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve()
    else socket.once('close', () => resolve())
  })
}

function resultFor(key: { readonly execution: string; readonly attempt: number; readonly fence: number }): Json {
  const value = { valueJson: '"stolen"', valueKind: 'json', error: null }
  const times = { startedAt: 0, endedAt: 1, outputBytes: 0, cut: { output: false, value: false } }
  return { ...key, fenceProof: PROOF, end: 'succeeded', reason: 'finished', ...value, ...times }
}
