import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'

import { createSystemClock } from '@octopus/kit/clock.ts'
import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import { WEBHOOK_BYTES_MAX } from '@octopus/protocol/limits.ts'
import { WebhookBodySchema } from '@octopus/protocol/rest/notifications.ts'
import { parser } from '@octopus/protocol/schema.ts'

import { postWebhook, type WebhookNeeds } from './node-webhook.ts'
import { webhookText } from './sender.ts'
import { isPublicAddress, webhookProblem } from './webhook-address.ts'

interface Received {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

async function listen(answer: (response: ServerResponse) => void) {
  const received: Received[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (bytes) => (body += String(bytes)))
    request.on('end', () => {
      received.push({ path: request.url ?? '', headers: request.headers, body })
      answer(response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    received,
    port,
    url: `http://127.0.0.1:${port}/hook`,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

const needs: WebhookNeeds = { clock: createSystemClock(), trusted: new Set(['127.0.0.1']) }
const hook = { id: 'm-1', text: '{"a":1}', secret: null }

describe('a webhook', () => {
  it('gets the JSON as it is, signed with its secret and the time', async () => {
    await using server = await listen((response) => response.writeHead(204).end())
    await postWebhook(needs, { ...hook, url: server.url, secret: 'a long secret of mine' })
    const [request] = server.received
    assert.equal(request?.body, '{"a":1}')
    assert.equal(request.headers['octopus-message'], 'm-1')
    const [, seconds = '', signature] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(request.headers['octopus-signature'])) ?? []
    const expected = createHmac('sha256', 'a long secret of mine').update(`${seconds}.{"a":1}`).digest('hex')
    assert.equal(signature, expected)
    assert.ok(Math.abs(Number(seconds) - needs.clock.wall() / 1_000) < 10)
    assert.deepEqual(
      ['cookie', 'authorization'].filter((name) => name in request.headers),
      [],
    )
  })

  it('that answers an error, or leads elsewhere, has not taken it', async () => {
    await using broken = await listen((response) => response.writeHead(500).end('x'.repeat(200_000)))
    await assert.rejects(postWebhook(needs, { ...hook, url: broken.url }), /It answered 500\./)
    await using target = await listen((response) => response.writeHead(200).end())
    await using moved = await listen((response) => response.writeHead(302, { location: target.url }).end())
    await assert.rejects(postWebhook(needs, { ...hook, url: moved.url }), /redirect \(302\), which is not followed/)
    assert.equal(target.received.length, 0)
  })

  it('that hangs is given up', async () => {
    await using server = await listen(() => {})
    await assert.rejects(
      postWebhook({ ...needs, timeoutMs: 50 }, { ...hook, url: server.url }),
      /did not answer in time/,
    )
  })

  it('that hangs does not hold up the stop', async () => {
    const stop = new AbortController()
    await using server = await listen(() => stop.abort(new Error('the server is stopping')))
    await assert.rejects(postWebhook(needs, { ...hook, url: server.url }, stop.signal), /ABORT_ERR/)
  })

  it('that is not there is named without a path or an address', async () => {
    const port = await listen(() => {}).then(async (server) => {
      await server[Symbol.asyncDispose]()
      return server.port
    })
    await assert.rejects(postWebhook(needs, { ...hook, url: `http://127.0.0.1:${port}/secret` }), {
      message: 'It cannot be reached (ECONNREFUSED).',
    })
  })

  it('whose name leads into a private network is not connected to, also when it says something else at first', async () => {
    await using server = await listen((response) => response.writeHead(200).end())
    const cases: readonly (readonly string[])[] = [
      ['127.0.0.1'],
      ['10.1.2.3'],
      ['93.184.216.34', '127.0.0.1'],
      ['::1'],
      [],
    ]
    for (const addresses of cases) {
      let asked = 0
      const resolve = async (): Promise<readonly string[]> => (asked++, addresses)
      const url = `https://evil.example.com:${server.port}/`
      await assert.rejects(postWebhook({ ...needs, resolve }, { ...hook, url }), /leads into a private network/)
      assert.equal(asked, 1)
    }
    assert.equal(server.received.length, 0)
  })
})

describe('the JSON of a webhook', () => {
  it('is what its schema promises, for a test and for news', () => {
    const parse = parser(WebhookBodySchema)
    const id = '01890000-0000-7000-8000-00000000000a'
    const task = { id: id as never, name: 'Disk report' }
    const notice = { event: 'failed', count: 2, firstAt: 1, lastAt: 2, task, run: id as never, client: null } as const
    for (const notices of [[], [{ ...notice, execution: id }]]) {
      const parsed = parse(JSON.parse(webhookText('server', { id: 'm', at: 5, body: { notices, more: 0 } })))
      assert.ok(parsed.ok, JSON.stringify(parsed))
      assert.equal(parsed.value.test, notices.length === 0)
    }
  })

  it('says as many notices as fit when names take more than names do, and counts the others', () => {
    const id = '01890000-0000-7000-8000-00000000000a'
    const task = { id: id as never, name: '\u0001'.repeat(200) }
    const notice = { event: 'failed', count: 2, firstAt: 1, lastAt: 2, task, run: id as never, client: null } as const
    const body = { notices: Array.from({ length: 50 }, () => ({ ...notice, execution: id })), more: 3 }
    const text = webhookText('server', { id: 'm', at: 5, body })
    assert.ok(Buffer.byteLength(text) <= WEBHOOK_BYTES_MAX)
    const parsed = parser(WebhookBodySchema)(JSON.parse(text))
    assert.ok(parsed.ok, JSON.stringify(parsed))
    const { notices, more } = parsed.value
    assert.equal(notices.length + more, 53)
    assert.ok(notices.length > 30, String(notices.length))
    assert.match(parsed.value.text, /and 52 more/)
  })
})

describe('the address of a webhook', () => {
  const none = new Set<string>()
  const bad = [
    'http://example.com/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'https://user:password@example.com/',
    'nonsense',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://0/',
    'https://10.0.0.1/',
    'https://172.31.0.1/',
    'https://192.168.1.1/',
    'https://169.254.169.254/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[fe80::1]/',
    'https://[fd00::1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[2002:7f00:1::]/',
    'https://①②⑦.⓪.⓪.①/',
  ]
  for (const url of bad) it(`is refused: ${url}`, () => assert.ok(webhookProblem(url, none) !== undefined))

  for (const url of ['https://example.com/x', 'https://93.184.216.34/', 'https://[2606:4700::1]/']) {
    it(`is taken: ${url}`, () => assert.equal(webhookProblem(url, none), undefined))
  }

  it('may be private, and plain, where the host is named', () => {
    const trusted = new Set(['10.0.0.1', 'chat.internal'])
    assert.equal(webhookProblem('http://10.0.0.1:8080/x', trusted), undefined)
    assert.equal(webhookProblem('http://Chat.Internal/x', trusted), undefined)
    assert.ok(webhookProblem('http://10.0.0.2/x', trusted))
  })

  it('is no public one when it is no address at all', () => {
    for (const text of ['', 'localhost', '1.2.3', 'fe80::1%eth0']) assert.equal(isPublicAddress(text), false)
  })
})

leakCheck()
