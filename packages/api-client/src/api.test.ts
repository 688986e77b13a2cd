import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createSeededRandom } from '@octopus/kit/random.ts'

import { ApiError } from './api-error.ts'
import { type Api, createApi } from './api.ts'

interface Seen {
  readonly url: string
  readonly init: RequestInit
}

/** An API whose server answers with these, one after the other, and which never waits. */
function apiThat(...answers: readonly (Response | Error)[]): { api: Api; seen: Seen[]; waited: number[] } {
  const seen: Seen[] = []
  const waited: number[] = []
  const queue = [...answers]
  const api = createApi({
    server: 'https://octopus.example.com/below',
    headers: { authorization: 'Bearer octo_x' },
    fetch: async (url, init) => {
      seen.push({ url: url as string, init: init ?? {} })
      const answer = queue.shift() ?? new Response('{}')
      if (answer instanceof Error) throw answer
      return answer
    },
    clock: {
      after: (ms, signal) => {
        if (ms < 60_000) waited.push(ms)
        return ms < 60_000 ? Promise.resolve() : new Promise((_, reject) => signal.addEventListener('abort', reject))
      },
    },
    random: createSeededRandom(1),
  })
  return { api, seen, waited }
}

const problem = (status: number, code: string, headers = {}): Response =>
  new Response(JSON.stringify({ code, detail: `because ${code}`, fields: [{ field: 'a', message: 'is missing' }] }), {
    status,
    headers,
  })
const refused = new TypeError('fetch failed', { cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }) })

describe('a call of the API', () => {
  it('goes to the address with its parameters in place, below the path of a proxy, with token and revision', async () => {
    const { api, seen } = apiThat()
    await api.call('changeUser', { params: { name: 'a/b' }, body: { disabled: true }, revision: 3 })
    assert.equal(seen[0]?.url, 'https://octopus.example.com/below/api/v1/users/a%2Fb')
    assert.deepEqual(seen[0]?.init.headers, {
      accept: 'application/json',
      authorization: 'Bearer octo_x',
      'content-type': 'application/json',
      'if-match': '"3"',
    })
    assert.equal(seen[0]?.init.redirect, 'error', 'a redirect would carry the token away')
  })

  it('a refusal is an error with code, fields and the words for people', async () => {
    const { api } = apiThat(problem(404, 'TASK_NOT_FOUND'))
    await assert.rejects(api.call('getTask', { params: { id: 'x' } }), (error) => {
      assert.ok(error instanceof ApiError)
      assert.deepEqual([error.status, error.code, error.message], [404, 'TASK_NOT_FOUND', 'because TASK_NOT_FOUND'])
      assert.equal(error.fields[0]?.field, 'a')
      return true
    })
  })

  it('a read is tried again while the server is away or asks to wait, and then given up', async () => {
    const { api, seen, waited } = apiThat(refused, problem(429, 'TOO_MANY_REQUESTS', { 'retry-after': '2' }))
    await api.call('me', {})
    assert.equal(seen.length, 3)
    assert.equal(waited[1], 2_000)
    const gone = apiThat(refused, refused, refused, refused, refused)
    await assert.rejects(gone.api.call('me', {}), { code: 'OFFLINE', message: /octopus\.example\.com.*ECONNREFUSED/ })
    assert.equal(gone.seen.length, 4)
  })

  it('a write is never repeated by itself, unless its key makes that harmless', async () => {
    const { api, seen } = apiThat(refused)
    await assert.rejects(api.call('stopAllWork', {}), { code: 'OFFLINE' })
    assert.equal(seen.length, 1)
    const keyed = apiThat(refused)
    await keyed.api.send('createTask', { body: {}, key: 'k1' })
    assert.equal(keyed.seen.length, 2)
    assert.equal(new Headers(keyed.seen[1]?.init.headers).get('idempotency-key'), 'k1')
  })

  it('a refusal is not tried again', async () => {
    const { api, seen } = apiThat(problem(403, 'NOT_ALLOWED'))
    await assert.rejects(api.call('me', {}), { code: 'NOT_ALLOWED' })
    assert.equal(seen.length, 1)
  })

  it('has what a newer server says beyond what is known here, and nothing is refused for it', async () => {
    const answer = { name: 'ann', role: 'auditor', colour: { of: 'hair' } }
    const { api } = apiThat(new Response(JSON.stringify(answer)))
    assert.deepEqual(await api.call('me', {}), answer)
  })

  it('the text of an answer is given as it came', async () => {
    const { api } = apiThat(new Response('{"value": 12345678901234567890, "x": 1.0}'))
    assert.equal((await api.send('getExecution', {})).text, '{"value": 12345678901234567890, "x": 1.0}')
  })
})

describe('a list', () => {
  it('is read page by page, and no further than asked', async () => {
    const page = (items: readonly string[], nextCursor: string | null): Response =>
      new Response(JSON.stringify({ items: items.map((name) => ({ name })), nextCursor }))
    const { api, seen } = apiThat(page(['a', 'b'], 'c1'), page(['c'], null))
    const names: string[] = []
    for await (const user of api.items('listUsers', { query: { limit: 2 } })) names.push(user.name)
    assert.deepEqual(names, ['a', 'b', 'c'])
    assert.match(seen[1]?.url ?? '', /limit=2&cursor=c1$/)
    const first = apiThat(page(['a', 'b'], 'c1'))
    for await (const _ of first.api.items('listUsers', {})) break
    assert.equal(first.seen.length, 1)
  })
})

describe('the stream of events', () => {
  it('answers once it is there, then the topics of each event, however the bytes are cut', async () => {
    const parts = [': here\n\n', 'event: changed\ndata: {"topi', 'cs":["run:1","runs"]}\n', '\n: still here\n\n']
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const part of parts) controller.enqueue(new TextEncoder().encode(part))
        controller.close()
      },
    })
    const { api, seen } = apiThat(new Response(stream))
    const heard: (readonly string[])[] = []
    for await (const topics of api.events(['run:1', 'runs'], new AbortController().signal)) heard.push(topics)
    assert.deepEqual(heard, [[], ['run:1', 'runs']])
    assert.match(seen[0]?.url ?? '', /\/api\/v1\/events\?topics=run%3A1%2Cruns$/)
  })
})
