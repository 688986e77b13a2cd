import assert from 'node:assert/strict'
import { type IncomingMessage, request, type RequestOptions } from 'node:http'
import { describe, it } from 'node:test'

import { createBus } from '@octopus/kit/bus.ts'
import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'
import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import type { ClientId, ExecutionId, RunId, TaskId } from '@octopus/protocol/ids.ts'

import { ApiWorld } from '#testing/api-world.ts'

import type { Facts } from './facts.ts'
import { createFeed } from './feed.ts'
import { readTopics } from './topics.ts'

const touched = (changes: Partial<Facts['touched']>): Facts['touched'] => ({
  executions: [],
  runs: [],
  tasks: [],
  queuedSlots: [],
  freed: [],
  endsInMs: null,
  ...changes,
})

function stage() {
  const clock = createHandClock()
  const bus = createBus<Facts>((error) => {
    throw error
  })
  const feed = createFeed({ bus, clock, onError: () => {} })
  const open = (
    topics: string,
    options: { caller?: string; there?: () => Promise<boolean>; buffered?: number } = {},
  ) => {
    const written: string[] = []
    const state = { ended: false, buffered: options.buffered ?? 0 }
    const gone = feed.open(
      {
        topics: readTopics(topics),
        caller: options.caller ?? 'root/null',
        stillThere: options.there ?? (() => Promise.resolve(true)),
      },
      {
        write: (text) => void written.push(text),
        end: () => void (state.ended = true),
        bufferedBytes: () => state.buffered,
      },
    )
    const events = (): string[][] =>
      written.flatMap((text) => {
        const data = /^event: changed\ndata: (.*)\n\n$/.exec(text)?.[1]
        return data === undefined ? [] : [(JSON.parse(data) as { topics: string[] }).topics]
      })
    return { written, state, gone, events }
  }
  return { clock, bus, feed, open }
}

const ids = (count: number): TaskId[] => Array.from({ length: count }, (_, i) => `task-${i}` as TaskId)
const ID = '01890000-0000-7000-8000-00000000000a'

describe('a stream', () => {
  it('hears only of what it asked for', async () => {
    const { clock, bus, open } = stage()
    const { events } = open(`tasks,task:${ID},output:${ID},plugin:disk`)
    bus.publish('touched', touched({ runs: ['r' as RunId], executions: [ID as ExecutionId] }))
    await clock.advance(300)
    assert.deepEqual(events(), [])
    bus.publish('touched', touched({ tasks: [ID as TaskId] }))
    await clock.advance(300)
    bus.publish('output-stored', { execution: ID as ExecutionId })
    await clock.advance(300)
    bus.publish('plugins-changed', { name: 'disk' })
    await clock.advance(300)
    bus.publish('client-changed', { client: 'c' as ClientId })
    await clock.advance(300)
    assert.deepEqual(events(), [[`task:${ID}`, 'tasks'], [`output:${ID}`], ['plugin:disk'], ['plugin:disk']])
  })

  it('hears what every task may wait for now: the whole list, and the one it watches', async () => {
    const { clock, bus, open } = stage()
    const { events } = open(`tasks,task:${ID}`)
    bus.publish('work-stopped', { stopped: true })
    await clock.advance(300)
    bus.publish('disk-level', { level: 'full' })
    await clock.advance(300)
    assert.deepEqual(events(), [
      [`task:${ID}`, 'tasks'],
      [`task:${ID}`, 'tasks'],
    ])
  })

  it('hears the first news at once, and what follows together, at most four times a second', async () => {
    const { clock, bus, open } = stage()
    const { events } = open('tasks,runs')
    for (let ms = 0; ms < 1_000; ms += 10) {
      bus.publish('touched', touched({ tasks: ids(1) }))
      if (ms === 100) bus.publish('touched', touched({ runs: ['r' as RunId] }))
      await clock.advance(10)
    }
    assert.deepEqual(events()[0], ['tasks'])
    assert.deepEqual(events()[1], ['runs', 'tasks'])
    assert.ok(events().length >= 4 && events().length <= 5, `${events().length}`)
    await clock.advance(250)
    const heard = events().length
    await clock.advance(10_000)
    assert.equal(events().length, heard, 'no news, no event')
  })

  it('is kept alive by comments', async () => {
    const { clock, open } = stage()
    const { written } = open('stats')
    await clock.advance(31_000)
    assert.deepEqual(written, [': here\n\n', ': still here\n\n', ': still here\n\n'])
  })

  it('of a slow reader is cut', async () => {
    const { clock, bus, feed, open } = stage()
    const { state } = open('stats')
    state.buffered = 100_000
    bus.publish('work-stopped', { stopped: true })
    await clock.advance(300)
    assert.equal(state.ended, true)
    assert.equal(feed.streamCount(), 0)
  })

  it('ends when its reader has gone, and costs nothing any more', async () => {
    const { clock, bus, feed, open } = stage()
    const { gone, events } = open('tasks')
    gone()
    await clock.settle()
    bus.publish('touched', touched({ tasks: ids(1) }))
    await clock.advance(1_000)
    assert.deepEqual([events(), feed.streamCount(), clock.waiting()], [[], 0, 0])
  })

  it('ends when its caller may no longer watch: at once when users change, within a minute otherwise', async () => {
    const { clock, bus, open } = stage()
    let there = true
    const first = open('stats', { there: () => Promise.resolve(there) })
    const second = open('stats', { there: () => Promise.resolve(there) })
    bus.publish('users-changed', { name: 'root' })
    await clock.settle()
    assert.equal(first.state.ended, false)
    there = false
    bus.publish('users-changed', { name: 'root' })
    await clock.settle()
    assert.deepEqual([first.state.ended, second.state.ended], [true, true])
    there = true
    const third = open('stats', { there: () => Promise.resolve(there) })
    there = false
    await clock.advance(61_000)
    assert.equal(third.state.ended, true)
  })

  it('goes on while it cannot be found out whether its caller may', async () => {
    const { clock, bus, open } = stage()
    const { state } = open('stats', { there: () => Promise.reject(new Error('disk')) })
    bus.publish('users-changed', { name: 'root' })
    await clock.settle()
    assert.equal(state.ended, false)
  })

  it('is one of a bounded number per caller', () => {
    const { open } = stage()
    for (let i = 0; i < 20; i++) open('stats')
    assert.throws(() => open('stats'), { code: 'TOO_MANY_REQUESTS' })
    open('stats', { caller: 'ann/null' })
  })

  it('ends when the server stops', async () => {
    const { clock, feed, open } = stage()
    const { state } = open('stats')
    await feed[Symbol.asyncDispose]()
    assert.deepEqual([state.ended, clock.waiting()], [true, 0])
  })
})

describe('topics', () => {
  it('are those of the catalogue, and not too many', () => {
    assert.deepEqual([...readTopics(`stats, task:${ID},stats`)], ['stats', `task:${ID}`])
    const wrong = ['', 'stats,', 'nonsense', 'task:1', 'plugin:../x', 'tasks,clients:x', 'task:']
    for (const text of wrong) assert.throws(() => readTopics(text), { code: 'INVALID_TOPIC' }, text)
    const many = Array.from({ length: 51 }, (_, i) => `plugin:p${i}`).join()
    assert.throws(() => readTopics(many), { code: 'INVALID_TOPIC' })
  })
})

/** One request on a connection of its own; the answer's text comes piece by piece. */
function open(url: string, options: RequestOptions, body?: object): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { ...options, agent: false }, resolve).on('error', reject)
    sent.end(body && JSON.stringify(body))
  })
}

describe('over HTTP', () => {
  it('a stream begins at once, tells of changes, and ends when its session does', async () => {
    await using world = await ApiWorld.ready()
    const url = await world.http.app.listen({ port: 0, host: '127.0.0.1' })
    const json = { 'content-type': 'application/json' }
    const account = { name: 'root', password: 'correct horse battery' }
    const login = await open(`${url}/api/v1/login`, { method: 'POST', headers: json }, account)
    const cookie = login.headers['set-cookie']?.[0]?.split(';')[0] ?? ''
    const { csrfToken } = JSON.parse(String(Buffer.concat(await login.toArray()))) as { csrfToken: string }
    const stream = await open(`${url}/api/v1/events?topics=tasks`, { headers: { cookie } })
    assert.equal(stream.statusCode, 200)
    assert.equal(stream.headers['content-type'], 'text/event-stream; charset=utf-8')
    assert.equal(stream.headers['cache-control'], 'no-store')
    assert.match(String(stream.headers['content-security-policy']), /default-src 'none'/)
    const read = stream.setEncoding('utf8')[Symbol.asyncIterator]()
    assert.deepEqual(await read.next(), { done: false, value: ': here\n\n' })
    await world.call({ method: 'POST', path: '/api/v1/tasks', body: { plugin: 'greet', owner: 'all', type: 'ad-hoc' } })
    assert.deepEqual(await read.next(), { done: false, value: 'event: changed\ndata: {"topics":["tasks"]}\n\n' })
    const headers = { cookie, 'x-octopus-csrf': csrfToken }
    const logout = await open(`${url}/api/v1/logout`, { method: 'POST', headers })
    assert.equal(logout.resume().statusCode, 204)
    assert.equal((await read.next()).done, true)
    assert.equal(world.feed.streamCount(), 0)
  })
})

leakCheck()
