import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { unpackToken } from '@octopus/protocol/enroll.ts'
import type { ClientId, SessionId } from '@octopus/protocol/ids.ts'
import type { ExecutionItem, Run } from '@octopus/protocol/rest/runs.ts'
import type { Task } from '@octopus/protocol/rest/tasks.ts'
import type { Why } from '@octopus/protocol/rest/why.ts'

import { ApiWorld, type Reply } from '#testing/api-world.ts'

const NOBODY = '01890000-0000-7000-8000-00000000000b'
const MINUTE = 60_000
const FOR_ALL = { plugin: 'greet', owner: 'all', type: 'scheduled', intervalSeconds: 3_600 }

const post = async (world: ApiWorld, rest: string, body?: unknown): Promise<never> => {
  const reply = await world.call({ method: 'POST', path: `/api/v1/${rest}`, body })
  assert.ok(reply.status < 300, reply.text)
  return reply.json
}
const get = async <T>(world: ApiWorld, rest: string): Promise<T> => {
  const reply = await world.call({ path: `/api/v1/${rest}` })
  assert.equal(reply.status, 200, reply.text)
  return reply.json
}
const codes = (why: Why): string => why.steps.map(({ state, code }) => `${state}:${code}`).join(' ')
const codeOf = (reply: Reply): string => (reply.json as { code: string }).code

async function enroll(world: ApiWorld, name: string, approves: boolean): Promise<ClientId> {
  const { token } = (await post(world, 'enrollment-tokens', { approves })) as { token: string }
  const reported = { hostName: name, os: '', arch: '', account: '', wishedUser: null, labels: [] }
  const publicKey = Buffer.from(name).toString('hex').padEnd(43, 'k').slice(0, 43)
  const body = { secret: unpackToken(token)?.secret, publicKey, name, version: '1', reported }
  const enrolled = await world.call({ method: 'POST', path: '/client/v1/enroll', token: null, body })
  assert.equal(enrolled.status, 201, enrolled.text)
  return (enrolled.json as { clientId: ClientId }).clientId
}

async function connect(world: ApiWorld, client: ClientId): Promise<SessionId> {
  const session = world.ids.next() as SessionId
  const now = world.clock.wall()
  await world.store.beginSession({
    now,
    client,
    session,
    bootId: 'b',
    version: '1',
    holdMs: 120_000,
    heartbeatMs: 10_000,
  })
  const reported = { hostName: '', os: '', arch: '', account: '', wishedUser: null, labels: [] }
  const runtimes = [{ language: 'python', version: '3.12' }] as const
  await world.store.recordReported({ now, client, session, reported, runtimes, slots: 2 })
  world.online.add(client)
  return session
}

async function runOf(world: ApiWorld, order: object): Promise<{ task: Task; run: Run; items: ExecutionItem[] }> {
  const task = (await post(world, 'tasks', order)) as Task
  const run = (await post(world, `tasks/${task.id}/runs`)) as Run
  const { items } = await get<{ items: ExecutionItem[] }>(world, `executions?run=${run.id}`)
  return { task, run, items }
}

interface Given {
  readonly id: string
  readonly client: ClientId
  readonly session: SessionId
}

async function handOver(world: ApiWorld, { id, client, session }: Given) {
  const now = world.clock.wall()
  const placements = [{ execution: id as never, client, session }]
  const { outcomes } = await world.store.handOver({ now, steady: now, placements })
  const [handed] = outcomes
  assert.ok(handed?.outcome === 'handed-over')
  const { execution, attempt, fence, checksum } = handed.item
  return { now, checksum, key: { execution, attempt, fence } }
}

/** An execution whose first attempt has printed, and failed; the next one may begin in a while. */
async function failedOnce(world: ApiWorld) {
  const client = await enroll(world, 'pc-1', true)
  const session = await connect(world, client)
  const { items } = await runOf(world, { ...FOR_ALL, retry: { maxAttempts: 2, backoffSeconds: 10, on: ['failed'] } })
  const [{ id } = assert.fail('no execution')] = items
  const given = { id, client, session }
  const { now, key } = await handOver(world, given)
  await world.store.appendOutput({ now, chunks: [{ ...key, offset: 0, stream: 'stdout', at: now, text: 'one' }] })
  const result = {
    ...key,
    proved: true,
    end: 'failed',
    reason: 'exception',
    startedAt: now,
    endedAt: now,
    valueJson: null,
    valueKind: 'json',
    error: null,
    outputBytes: 3,
    outputCut: false,
    valueCut: false,
  } as const
  await world.store.storeResults({ now, client, journalId: 'j', journalSeq: 1, results: [result] })
  return { ...given, failed: key }
}

describe('why, asked of the API', () => {
  it('tells of an execution from its run to its result, and of a client that was approved after the run', async () => {
    await using world = await ApiWorld.ready()
    const pc = await enroll(world, 'pc-1', true)
    const late = await enroll(world, 'pc-2', false)
    const session = await connect(world, pc)
    await world.clock.advance(MINUTE)
    const { task, items } = await runOf(world, FOR_ALL)
    const [{ id } = assert.fail('no execution')] = items
    const waits = await get<Why>(world, `executions/${id}/why`)
    assert.equal(codes(waits), 'done:run-created done:targeted done:queued now:about-to-go next:ends-at-latest')
    world.online.delete(pc)
    assert.match((await get<Why>(world, `executions/${id}/why`)).summary, /^pc-1 is off or not connected/)

    const { now, key, checksum } = await handOver(world, { id, client: pc, session })
    const missing = [{ checksum, reason: 'the server answered 502' }]
    await world.store.recordSynced({ client: pc, session, revision: 1, missing })
    const lacks = await get<Why>(world, `executions/${id}/why`)
    assert.match(lacks.summary, /pc-1 has not got version 1 of greet yet: the server answered 502\.$/)
    const chunk = { ...key, offset: 0, stream: 'stdout', at: now - 90_000, text: 'ß' } as const
    await world.store.appendOutput({ now, chunks: [chunk] })
    const result = {
      ...key,
      proved: true,
      end: 'succeeded',
      reason: 'finished',
      startedAt: now,
      endedAt: now,
      valueJson: '1',
      valueKind: 'json',
      error: null,
      outputBytes: 2,
      outputCut: false,
      valueCut: false,
    } as const
    await world.store.storeResults({ now, client: pc, journalId: 'j', journalSeq: 1, results: [result] })
    const done = await get<Why>(world, `executions/${id}/why`)
    assert.equal(
      codes(done),
      'done:run-created done:targeted done:queued done:handed-over done:started done:ended done:result-stored',
    )
    assert.match(done.steps[3]?.text ?? '', new RegExp(`handed to pc-1, with fence ${key.fence}`))
    assert.equal(done.clockSkewMs, -90_000)
    assert.deepEqual(await get<Why>(world, `why?task=${task.id}&client=${pc}`), done)

    await world.clock.advance(MINUTE)
    await post(world, `clients/${late}/approve`, {})
    const not = await get<Why>(world, `why?task=${task.id}&client=${late}`)
    assert.equal(codes(not), 'done:run-created never:approved-later')
    assert.equal(not.steps[1]?.at, new Date(world.clock.wall()).toISOString())
  })

  it('holds the output of an earlier attempt against no later hand-over', async () => {
    await using world = await ApiWorld.ready()
    const { client, session, id, failed } = await failedOnce(world)
    const skew = async () => (await get<Why>(world, `executions/${id}/why`)).clockSkewMs
    await world.clock.advance(5 * MINUTE)
    const { now, key } = await handOver(world, { id, client, session })
    assert.deepEqual([failed.attempt, key.attempt], [1, 2])
    assert.equal(await skew(), null, 'it has not printed yet')
    const chunk = { ...key, offset: 0, stream: 'stdout', at: now - 30_000, text: 'two' } as const
    await world.store.appendOutput({ now, chunks: [chunk] })
    assert.equal(await skew(), -30_000, 'what it has printed itself proves it')
  })

  it('tells a rejection of a next attempt from the pause before it', async () => {
    await using world = await ApiWorld.ready()
    const { client, session, id } = await failedOnce(world)
    const why = () => get<Why>(world, `executions/${id}/why`)
    assert.match(codes(await why()), / done:attempt-ended now:next-attempt next:next-attempt next:ends-at-latest$/)
    await world.clock.advance(MINUTE)
    const { now, key, checksum } = await handOver(world, { id, client, session })
    const missing = [{ checksum, reason: 'the disk is full' }]
    await world.store.recordSynced({ client, session, revision: 1, missing })
    const attempts = [{ ...key, reason: 'plugin-missing', detail: '' } as const]
    await world.store.recordRejected({ now, client, attempts })
    const rejected = await why()
    assert.match(
      codes(rejected),
      / done:attempt-ended done:handed-over done:handed-back now:rejected-for-now now:plugin-missing next:ends-at-latest$/,
    )
    assert.match(rejected.summary, /^pc-1 could not take it a moment ago, .* of greet yet: the disk is full\.$/)
  })

  for (const reason of ['no-slot', 'runtime-missing'] as const) {
    it(`tells of a hand-over that was rejected (${reason}) when another client has long done it`, async () => {
      await using world = await ApiWorld.ready()
      const [first, second] = [await enroll(world, 'pc-1', true), await enroll(world, 'pc-2', true)]
      const sessions = [await connect(world, first), await connect(world, second)] as const
      const { task, items } = await runOf(world, { ...FOR_ALL, owner: 'anyone' })
      const [{ id } = assert.fail('no execution')] = items
      const { now, key } = await handOver(world, { id, client: first, session: sessions[0] })
      await world.store.recordRejected({ now, client: first, attempts: [{ ...key, reason, detail: '' }] })
      const waits = await get<Why>(world, `why?task=${task.id}&client=${first}`)
      const refused = { 'no-slot': /pc-1 could not take it a moment ago/, 'runtime-missing': /pc-1 will not do it/ }
      assert.match(waits.summary, refused[reason])

      // A clock that was set back moves the ends of pauses, and nothing else of what is told.
      await world.store.shortenPauses({ now })
      // Another one hands it back much later: then the pause of the first one is long over.
      await world.clock.advance(MINUTE)
      const again = await handOver(world, { id, client: second, session: sessions[1] })
      const attempts = [{ ...again.key, reason: 'draining', detail: '' } as const]
      await world.store.recordRejected({ now: again.now, client: second, attempts })
      await world.clock.advance(MINUTE)
      const last = await handOver(world, { id, client: second, session: sessions[1] })
      const done = await get<Why>(world, `why?task=${task.id}&client=${first}`)
      const fences = done.steps.flatMap(({ text }) => /handed to (.*), with fence (.*)\.$/.exec(text)?.slice(1) ?? [])
      const told = [key, again.key, last.key].map(({ fence }) => String(fence))
      assert.deepEqual(fences, ['pc-1', told[0], 'pc-2', told[1], 'pc-2', told[2]])
      const did = {
        'no-slot':
          /^It was for anyone; pc-1 could not take it when it was handed to it \(no-slot\), and pc-2 got it\.$/,
        'runtime-missing': /pc-1 would not do it \(runtime-missing\), and pc-2 got it\.$/,
      }
      assert.match(done.summary, did[reason])
    })
  }

  it('names the execution that another one of its slot yields to', async () => {
    await using world = await ApiWorld.ready()
    const pc = await enroll(world, 'pc-1', true)
    await connect(world, pc)
    const { task, items } = await runOf(world, { ...FOR_ALL, overlap: 'skip' })
    const second = (await post(world, `tasks/${task.id}/runs`)) as Run
    const { items: next } = await get<{ items: ExecutionItem[] }>(world, `executions?run=${second.id}`)
    const why = await get<Why>(world, `executions/${next[0]?.id}/why`)
    assert.match(codes(why), /now:earlier-run/)
    assert.ok(why.summary.includes(items[0]?.id ?? '?'), why.summary)
  })

  it('answers for anyone and for a user, and of a task that has not run', async () => {
    await using world = await ApiWorld.ready()
    const pc = await enroll(world, '<b>pc</b>', true)
    const order = { plugin: 'greet', owner: 'anyone', type: 'scheduled', intervalSeconds: 3_600 }
    const { task, items } = await runOf(world, order)
    assert.match((await get<Why>(world, `executions/${items[0]?.id}/why`)).summary, /^No client is connected/)
    const asked = await get<Why>(world, `why?task=${task.id}&client=${pc}`)
    assert.match(asked.summary, /No client is connected\. <b>pc<\/b> is off/)
    await post(world, 'users', { name: 'alice' })
    const own = await runOf(world, { ...order, owner: 'user', user: 'alice' })
    const other = await get<Why>(world, `why?task=${own.task.id}&client=${pc}`)
    assert.match(other.summary, /for user alice; <b>pc<\/b> belongs to nobody/)
    const later = (await post(world, 'tasks', { ...order, startAt: '2100-01-01T00:00:00Z' })) as Task
    const none = await get<Why>(world, `why?task=${later.id}&client=${pc}`)
    assert.equal(codes(none), 'done:task-created now:not-due next:next-run')
    const due = (await post(world, 'tasks', order)) as Task
    await world.clock.advance(1)
    world.diskFreeBytes = 1
    const full = await get<Why>(world, `why?task=${due.id}&client=${pc}`)
    assert.equal(codes(full), 'done:task-created now:disk-full now:due')
  })

  it('refuses what there is not, by the codes of the catalogue', async () => {
    await using world = await ApiWorld.ready()
    const task = ((await post(world, 'tasks', FOR_ALL)) as Task).id
    const refused = async (rest: string, token?: null) => {
      const reply = await world.call({ path: `/api/v1/${rest}`, ...(token === null && { token }) })
      return [reply.status, codeOf(reply)]
    }
    assert.deepEqual(await refused(`executions/${NOBODY}/why`), [404, 'EXECUTION_NOT_FOUND'])
    assert.deepEqual(await refused(`why?task=${NOBODY}&client=${NOBODY}`), [404, 'TASK_NOT_FOUND'])
    assert.deepEqual(await refused(`why?task=${task}&client=${NOBODY}`), [404, 'CLIENT_NOT_FOUND'])
    assert.deepEqual(await refused(`why?task=${task}`), [400, 'INVALID_REQUEST'])
    assert.deepEqual(await refused(`executions/${NOBODY}/why`, null), [401, 'NOT_SIGNED_IN'])
  })
})
