import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { present } from '@octopus/kit/assert.ts'
import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import type { AttemptKey } from '@octopus/protocol/attempt.ts'
import { unpackToken } from '@octopus/protocol/enroll.ts'
import type { ClientId, ExecutionId, SessionId } from '@octopus/protocol/ids.ts'
import type { Execution, ExecutionItem, Run } from '@octopus/protocol/rest/runs.ts'
import type { Why } from '@octopus/protocol/rest/why.ts'

import { plan } from '#planning/plan.ts'
import { ApiWorld, type Reply } from '#testing/api-world.ts'

import type { ReportedResult } from './execution-store.ts'

const SESSION = '01890000-0000-7000-8000-00000000000b' as SessionId

/** An approved client with a session, as the store has it. */
async function connected(world: ApiWorld): Promise<ClientId> {
  const token = await world.call({ method: 'POST', path: '/api/v1/enrollment-tokens', body: { approves: true } })
  const secret = unpackToken((token.json as { token: string }).token)?.secret
  const reported = { hostName: 'pc', os: '', arch: '', account: '', wishedUser: null, labels: [] }
  const body = { secret, publicKey: 'k'.repeat(43), name: 'pc-1', version: '1', reported }
  const enrolled = await world.call({ method: 'POST', path: '/client/v1/enroll', token: null, body })
  const client = (enrolled.json as { clientId: ClientId }).clientId
  const now = world.clock.wall()
  await world.store.beginSession({
    now,
    client,
    session: SESSION,
    bootId: 'b',
    version: '1',
    holdMs: 120_000,
    heartbeatMs: 10_000,
  })
  return client
}

/** A run for anyone, handed to the client. */
async function handedOver(world: ApiWorld): Promise<{ key: AttemptKey; client: ClientId; run: string }> {
  const client = await connected(world)
  const body = { plugin: 'greet', owner: 'anyone', type: 'scheduled', intervalSeconds: 3_600, args: [1] }
  const task = (await world.call({ method: 'POST', path: '/api/v1/tasks', body })).json as { id: string }
  const run = (await world.call({ method: 'POST', path: `/api/v1/tasks/${task.id}/runs` })).json as Run
  const { items } = (await world.call({ path: `/api/v1/executions?run=${run.id}` })).json as { items: ExecutionItem[] }
  const execution = items[0]?.id as ExecutionId
  const placements = [{ execution, client, session: SESSION }]
  const { outcomes } = await world.store.handOver({ now: world.clock.wall(), steady: world.clock.wall(), placements })
  const handed = outcomes[0]
  assert.ok(handed?.outcome === 'handed-over')
  const { attempt, fence } = handed.item
  return { key: { execution, attempt, fence }, client, run: run.id }
}

const storeResult = async (
  world: ApiWorld,
  { key, client }: { key: AttemptKey; client: ClientId },
  changes: Partial<ReportedResult> = {},
): Promise<void> => {
  const now = world.clock.wall()
  const result: ReportedResult = {
    ...key,
    proved: true,
    end: 'succeeded',
    reason: 'finished',
    startedAt: now,
    endedAt: now,
    error: null,
    valueJson: 'null',
    valueKind: 'json',
    outputBytes: 0,
    outputCut: false,
    valueCut: false,
    ...changes,
  }
  const stored = await world.store.storeResults({ now, client, journalId: 'j', journalSeq: 1, results: [result] })
  assert.equal(stored.outcomes[0]?.disposition, 'applied')
}
const executionOf = async (world: ApiWorld, key: AttemptKey): Promise<Execution> =>
  (await world.call({ path: `/api/v1/executions/${key.execution}` })).json

describe('an execution', () => {
  it('shows who has it, and its result as the text that was stored', async () => {
    await using world = await ApiWorld.ready()
    const work = await handedOver(world)
    const out = await executionOf(world, work.key)
    assert.deepEqual(
      [out.state, out.client, out.fence, out.result],
      ['assigned', { id: work.client, name: 'pc-1' }, work.key.fence, null],
    )
    const valueJson = String.raw`{"big":1152921504606846976,"one":1.0,"nul":"\u0000"}`
    await storeResult(world, work, { valueJson })
    const reply = await world.call({ path: `/api/v1/executions/${work.key.execution}` })
    assert.ok(reply.text.includes(`"result":{"value":${valueJson},"kind":"json"`), reply.text)
    const run = (await world.call({ path: `/api/v1/runs/${work.run}` })).json as Run
    assert.deepEqual([run.status, run.outcome], ['completed', 'succeeded'])
  })

  it('shows when it was due, when it was queued, and when it was handed out', async () => {
    await using world = await ApiWorld.ready()
    const client = await connected(world)
    const dueAt = world.clock.wall() + 60_000
    const startAt = new Date(dueAt).toISOString()
    const body = { plugin: 'greet', owner: 'anyone', type: 'ad-hoc', startAt }
    await world.call({ method: 'POST', path: '/api/v1/tasks', body })
    await world.clock.advance(63_000)
    const queued = world.clock.wall()
    const { due } = await world.store.readDue({ now: queued, limit: 1 })
    await world.store.commitPlan({
      now: queued,
      tasks: plan({ now: queued, upSince: 0, roomSince: 0, resumedAt: 0, due }),
    })
    const listed = async (): Promise<ExecutionItem> => {
      const { items } = (await world.call({ path: '/api/v1/executions' })).json as { items: ExecutionItem[] }
      return present(items[0], 'the execution')
    }
    const times = (one: ExecutionItem): readonly unknown[] =>
      [one.dueAt, one.queuedAt, one.assignedAt].map((at) => at && Date.parse(at) - dueAt)
    const execution = (await listed()).id
    assert.deepEqual(times(await listed()), [0, 3_000, null])
    await world.clock.advance(5_000)
    const now = world.clock.wall()
    await world.store.handOver({ now, steady: now, placements: [{ execution, client, session: SESSION }] })
    const alone = (await world.call({ path: `/api/v1/executions/${execution}` })).json as Execution
    for (const one of [alone, await listed()]) assert.deepEqual(times(one), [0, 3_000, 8_000])
  })

  it('that is out ends as long from now as before when the wall clock was set', async () => {
    await using world = await ApiWorld.ready()
    const { key } = await handedOver(world)
    const ends = async (): Promise<readonly number[]> => {
      const list = (await world.call({ path: '/api/v1/executions' })).json as { items: ExecutionItem[] }
      const why = (await world.call({ path: `/api/v1/executions/${key.execution}/why` })).json as Why
      const last = why.steps.find(({ code }) => code === 'ends-at-latest')
      const times = [(await executionOf(world, key)).endsAtLatest, list.items[0]?.endsAtLatest, last?.at]
      return times.map((at) => Date.parse(at ?? '') - world.clock.wall())
    }
    const before = await ends()
    assert.ok(before.every((left) => left > 0))
    world.clock.stepWall(-3_600_000)
    assert.deepEqual(await ends(), before)
  })

  it('that failed shows the error, as text', async () => {
    await using world = await ApiWorld.ready()
    const work = await handedOver(world)
    const error = { message: '<script>alert(1)</script>', type: 'ValueError', stack: 'Traceback' }
    await storeResult(world, work, { end: 'failed', reason: 'exception', valueJson: null, error })
    const { state, reason, result } = await executionOf(world, work.key)
    assert.deepEqual([state, reason, result?.error, result && 'value' in result], ['failed', 'exception', error, false])
  })

  it('that is out is asked to stop, once it has ended no more', async () => {
    await using world = await ApiWorld.ready()
    const work = await handedOver(world)
    const cancel = (): Promise<Reply> =>
      world.call({ method: 'POST', path: `/api/v1/executions/${work.key.execution}/cancel` })
    const asked = (await cancel()).json as Execution
    assert.deepEqual([asked.state, asked.cancelRequestedAt !== null], ['assigned', true])
    const told = world.facts.filter(([name]) => name === 'cancel-requested')
    assert.equal(told.length, 1)
    assert.equal((await cancel()).status, 200, 'asking twice is no mistake')
    await storeResult(world, work, { end: 'cancelled', reason: 'cancelled' })
    assert.equal(((await cancel()).json as unknown as { code: string }).code, 'ALREADY_ENDED')
  })

  it('that is not there is not found', async () => {
    await using world = await ApiWorld.ready()
    const id = '01890000-0000-7000-8000-00000000000a'
    for (const path of [`executions/${id}`, `executions/${id}/output`, `runs/${id}`]) {
      assert.equal((await world.call({ path: `/api/v1/${path}` })).status, 404, path)
    }
  })

  it('lists are filtered', async () => {
    await using world = await ApiWorld.ready()
    const { client } = await handedOver(world)
    const count = async (query: string): Promise<number> =>
      ((await world.call({ path: `/api/v1/executions?${query}` })).json as { items: object[] }).items.length
    assert.equal(await count(`client=${client}`), 1)
    assert.equal(await count('state=assigned'), 1)
    assert.equal(await count('state=running'), 0)
    assert.equal(await count('from=2026-01-01T00:00:00Z'), 1)
    assert.equal(await count('to=2025-01-01T00:00:00Z'), 0)
  })
})

describe('output', () => {
  interface Page {
    attempt: number | null
    items: { offset: number; text: string }[]
    next: number
    complete: boolean
  }

  it('is read from a byte on, and is complete once the end has come and everything was read', async () => {
    await using world = await ApiWorld.ready()
    const work = await handedOver(world)
    const at = world.clock.wall()
    const append = (offset: number, text: string): Promise<unknown> =>
      world.store.appendOutput({ now: 1, chunks: [{ ...work.key, offset, stream: 'stdout', at, text }] })
    const read = async (from: number): Promise<Page> =>
      (await world.call({ path: `/api/v1/executions/${work.key.execution}/output?from=${from}` })).json
    assert.deepEqual(await read(0), { attempt: null, items: [], next: 0, complete: false })
    await append(0, 'größe\n')
    const first = await read(0)
    assert.deepEqual([first.items[0]?.text, first.next, first.complete], ['größe\n', 8, false])
    await storeResult(world, work, { outputBytes: 13 })
    assert.equal((await read(8)).complete, false, 'five bytes are still on their way')
    await append(8, 'last\n')
    const last = await read(8)
    assert.deepEqual([last.items[0]?.text, last.next, last.complete], ['last\n', 13, true])
    assert.equal((await executionOf(world, work.key)).outputBytes, 13)
  })

  it('says which attempt printed it, and an earlier one’s is no part of the last one’s', async () => {
    await using world = await ApiWorld.ready()
    const work = await handedOver(world)
    const { key } = work
    const append = (attempt: number, offset: number, text: string): Promise<unknown> => {
      const chunk = { execution: key.execution, attempt, fence: key.fence - 1 + attempt, offset, text } as const
      return world.store.appendOutput({ now: 1, chunks: [{ ...chunk, stream: 'stdout', at: world.clock.wall() }] })
    }
    const path = `/api/v1/executions/${key.execution}/output`
    const read = async (from: number): Promise<Page> => (await world.call({ path: `${path}?from=${from}` })).json
    await append(0, 0, 'the attempt before, with more to say')
    await storeResult(world, work, { outputBytes: 5 })
    const before = await read(36)
    assert.deepEqual([before.attempt, before.complete], [0, false], 'five bytes are still on their way')
    await append(1, 0, 'short')
    const after = await read(36)
    assert.deepEqual([after.attempt, after.items], [1, []], 'nothing is there of this byte of the new one')
    const anew = await read(0)
    assert.deepEqual([anew.items[0]?.text, anew.next, anew.complete], ['short', 5, true])
    assert.equal((await world.call({ path: `${path}?raw=1` })).text, 'short')
  })

  it('that never comes is not waited for', async () => {
    await using world = await ApiWorld.ready()
    const work = await handedOver(world)
    await storeResult(world, work, { outputBytes: 5 })
    const path = `/api/v1/executions/${work.key.execution}/output`
    assert.equal(((await world.call({ path })).json as Page).complete, false)
    await world.clock.advance(61_000)
    assert.equal(((await world.call({ path })).json as Page).complete, true)
  })

  it('is downloaded as a file, whatever a plugin printed', async () => {
    await using world = await ApiWorld.ready()
    const work = await handedOver(world)
    const text = '<script>alert(1)</script>\n=cmd|x'
    const chunk = { ...work.key, offset: 0, stream: 'stdout', at: world.clock.wall(), text } as const
    await world.store.appendOutput({ now: 1, chunks: [chunk] })
    const reply = await world.call({ path: `/api/v1/executions/${work.key.execution}/output?raw=1` })
    assert.equal(reply.text, text)
    assert.equal(reply.headers['content-type'], 'text/plain; charset=utf-8')
    assert.match(String(reply.headers['content-disposition']), /^attachment; filename="output-[0-9a-f-]{36}.txt"$/)
    assert.equal(reply.headers['x-content-type-options'], 'nosniff')
  })
})

leakCheck()
