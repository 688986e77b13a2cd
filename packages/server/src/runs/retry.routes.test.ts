import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import { unpackToken } from '@octopus/protocol/enroll.ts'
import type { ClientId, ExecutionId, SessionId } from '@octopus/protocol/ids.ts'
import type { Brake } from '@octopus/protocol/rest/brake.ts'
import type { Execution, ExecutionItem, Run } from '@octopus/protocol/rest/runs.ts'
import type { Task } from '@octopus/protocol/rest/tasks.ts'

import type { HandOverOutcome } from '#executions/execution-store.ts'
import { ApiWorld, type Reply } from '#testing/api-world.ts'

type Handed = Extract<HandOverOutcome, { outcome: 'handed-over' }>
const RETRY = { maxAttempts: 2, backoffSeconds: 60, on: ['failed'] }

const post = (world: ApiWorld, rest: string, body?: unknown, token = world.tokens.operator): Promise<Reply> =>
  world.call({ method: 'POST', path: `/api/v1/${rest}`, body, token })
const put = (world: ApiWorld, rest: string, body: unknown): Promise<Reply> =>
  world.call({ method: 'PUT', path: `/api/v1/${rest}`, body, token: world.tokens.admin })
const get = async <T>(world: ApiWorld, rest: string): Promise<T> => (await world.call({ path: `/api/v1/${rest}` })).json
async function patch(world: ApiWorld, { id }: Task, body: object): Promise<void> {
  const { revision } = await get<Task>(world, `tasks/${id}`)
  const headers = { 'if-match': `"${revision}"` }
  const reply = await world.call({ method: 'PATCH', path: `/api/v1/tasks/${id}`, body, headers })
  assert.equal(reply.status, 200, reply.text)
}
const codeOf = (reply: Reply): string => (reply.json as { code: string }).code

/** An approved client with a session, as the store has it. */
async function connect(world: ApiWorld, name: string): Promise<{ client: ClientId; session: SessionId }> {
  const token = await post(world, 'enrollment-tokens', { approves: true }, world.tokens.admin)
  const secret = unpackToken((token.json as { token: string }).token)?.secret
  const reported = { hostName: name, os: '', arch: '', account: '', wishedUser: null, labels: [] }
  const body = { secret, publicKey: name.padEnd(43, 'k'), name, version: '1', reported }
  const enrolled = await world.call({ method: 'POST', path: '/client/v1/enroll', token: null, body })
  const client = (enrolled.json as { clientId: ClientId }).clientId
  const session = `01890000-0000-7000-8000-${name.padStart(12, '0')}` as SessionId
  await world.store.beginSession({
    now: world.clock.wall(),
    client,
    session,
    bootId: 'b',
    version: '1',
    holdMs: 120_000,
    heartbeatMs: 10_000,
  })
  return { client, session }
}

/** A run for all these clients, handed out to each. */
async function runForAll(world: ApiWorld, names: readonly string[], more: object = {}) {
  const clients = await Promise.all(names.map((name) => connect(world, name)))
  const order = { plugin: 'greet', owner: 'all', type: 'scheduled', intervalSeconds: 3_600, args: [1], ...more }
  const task = (await post(world, 'tasks', order)).json as Task
  const run = (await post(world, `tasks/${task.id}/runs`)).json as Run
  const { items } = await get<{ items: ExecutionItem[] }>(world, `executions?run=${run.id}`)
  const placements = items.flatMap(({ id, slot }) => {
    const taker = clients.find(({ client }) => client === slot.value)
    return taker ? [{ execution: id, ...taker }] : []
  })
  const now = world.clock.wall()
  const { outcomes } = await world.store.handOver({ now, steady: now, placements })
  const handed = outcomes.filter((outcome): outcome is Handed => outcome.outcome === 'handed-over')
  assert.equal(handed.length, names.length)
  return { task, run, handed }
}

async function end(world: ApiWorld, { item, client }: Handed, how: 'succeeded' | 'failed'): Promise<void> {
  const now = world.clock.wall()
  const { execution, attempt, fence } = item
  const failed = how === 'failed'
  const result = {
    execution,
    attempt,
    fence,
    proved: true,
    end: how,
    reason: failed ? 'exception' : 'finished',
    startedAt: now,
    endedAt: now,
    valueJson: failed ? null : '1',
    valueKind: 'json',
    error: failed ? { message: '<b>no</b>', type: 'E', stack: '' } : null,
    outputBytes: 0,
    outputCut: false,
    valueCut: false,
  } as const
  await world.store.storeResults({ now, client, journalId: 'j', journalSeq: 1, results: [result] })
}

describe('trying a run again by hand', () => {
  it('makes a new run for what did not succeed, with the arguments of the old one', async () => {
    await using world = await ApiWorld.ready()
    const { task, run, handed } = await runForAll(world, ['1', '2', '3'])
    const [first, second, third] = handed as [Handed, Handed, Handed]
    await end(world, first, 'succeeded')
    await end(world, second, 'failed')
    const again = await post(world, `runs/${run.id}/retry`)
    assert.equal(again.status, 201)
    const made = again.json as Run
    assert.deepEqual([made.cause.kind, made.cause.of, made.audienceSize], ['retry', run.id, 1])
    const { items } = await get<{ items: ExecutionItem[] }>(world, `executions?run=${made.id}`)
    assert.deepEqual(
      items.map(({ slot, state, attempt }) => [slot.value, state, attempt]),
      [[second.client, 'queued', 1]],
    )
    assert.deepEqual((await get<Execution>(world, `executions/${items[0]?.id}`)).args, [1])
    assert.equal((await get<Run>(world, `runs/${run.id}`)).counts.failed, 1, 'what is final stays as it is')
    await end(world, third, 'succeeded')
    assert.equal((await get<Task>(world, `tasks/${task.id}`)).lastRun, made.id)
  })

  it('says so when there is nothing to try again, and is not for viewers', async () => {
    await using world = await ApiWorld.ready()
    const { run, handed } = await runForAll(world, ['1'])
    const open = handed[0] as Handed
    assert.equal(codeOf(await post(world, `executions/${open.item.execution}/retry`)), 'NOT_ENDED')
    assert.equal(codeOf(await post(world, `runs/${run.id}/retry`)), 'NOTHING_TO_RETRY')
    await end(world, open, 'succeeded')
    assert.equal(codeOf(await post(world, `runs/${run.id}/retry`)), 'NOTHING_TO_RETRY')
    assert.equal((await post(world, `runs/${run.id}/retry`, undefined, world.tokens.viewer)).status, 403)
    const unknown = '01890000-0000-7000-8000-00000000000b'
    assert.equal(codeOf(await post(world, `runs/${unknown}/retry`)), 'RUN_NOT_FOUND')
    const one = (await post(world, `executions/${open.item.execution}/retry`)).json as Run
    assert.deepEqual([one.cause.kind, one.audienceSize], ['retry', 1], 'one that succeeded may be wanted again')
  })

  it('leaves out a PC that was shut out meanwhile', async () => {
    await using world = await ApiWorld.ready()
    const { run, handed } = await runForAll(world, ['1'])
    const gone = handed[0] as Handed
    await end(world, gone, 'failed')
    await post(world, `clients/${gone.client}/revoke`, undefined, world.tokens.admin)
    assert.equal(codeOf(await post(world, `runs/${run.id}/retry`)), 'NOTHING_TO_RETRY')
  })

  it('calls what the run called, though the task calls something else by now', async () => {
    await using world = await ApiWorld.ready()
    const { task, run, handed } = await runForAll(world, ['1'], { action: 'hello', args: ['/tmp'] })
    await end(world, handed[0] as Handed, 'failed')
    const source = 'def run(*a): pass'
    await put(world, 'plugins/delete_files', { language: 'python', source })
    await patch(world, task, { plugin: 'delete_files', action: 'run', args: [] })
    const made = (await post(world, `runs/${run.id}/retry`)).json as Run
    assert.deepEqual([made.task.plugin, made.task.action], ['greet', 'hello'])
    const { items } = await get<{ items: ExecutionItem[] }>(world, `executions?run=${made.id}`)
    assert.deepEqual((await get<Execution>(world, `executions/${items[0]?.id}`)).args, ['/tmp'])
  })

  it('says so when the plugin that the run called was deleted', async () => {
    await using world = await ApiWorld.ready()
    const { task, run, handed } = await runForAll(world, ['1'])
    await end(world, handed[0] as Handed, 'failed')
    await put(world, 'plugins/other', { language: 'python', source: 'def run(*a): pass' })
    await patch(world, task, { plugin: 'other' })
    const gone = await world.call({ method: 'DELETE', path: '/api/v1/plugins/greet', token: world.tokens.admin })
    assert.equal(gone.status, 204, gone.text)
    const refused = await post(world, `runs/${run.id}/retry`)
    assert.deepEqual([refused.status, codeOf(refused)], [404, 'PLUGIN_NOT_FOUND'])
    assert.match(refused.text, /greet/)
  })

  it('gives nothing to the user who had the task before', async () => {
    await using world = await ApiWorld.ready()
    for (const name of ['alice', 'bob']) await post(world, 'users', { name }, world.tokens.admin)
    const order = { plugin: 'greet', owner: 'user', user: 'alice', type: 'scheduled', intervalSeconds: 3_600 }
    const task = (await post(world, 'tasks', order)).json as Task
    const run = (await post(world, `tasks/${task.id}/runs`)).json as Run
    assert.equal((await post(world, `runs/${run.id}/cancel`)).status, 200)
    await patch(world, task, { user: 'bob' })
    assert.equal(codeOf(await post(world, `runs/${run.id}/retry`)), 'NOTHING_TO_RETRY')
    const { items } = await get<{ items: ExecutionItem[] }>(world, `executions?run=${run.id}`)
    assert.equal(codeOf(await post(world, `executions/${items[0]?.id}/retry`)), 'NOTHING_TO_RETRY')
    await patch(world, task, { user: 'alice' })
    assert.equal((await post(world, `runs/${run.id}/retry`)).status, 201)
  })
})

describe('an execution that is tried again by itself', () => {
  it('shows its earlier attempts, its policy, and what it waits for', async () => {
    await using world = await ApiWorld.ready()
    const { task, handed } = await runForAll(world, ['1'], { retry: RETRY, onDisconnect: 'stop' })
    assert.deepEqual([task.retry, task.onDisconnect], [RETRY, 'stop'])
    const first = handed[0] as Handed
    await end(world, first, 'failed')
    const shown = await get<Execution>(world, `executions/${first.item.execution satisfies ExecutionId}`)
    assert.deepEqual([shown.state, shown.attempt, shown.retry, shown.onDisconnect], ['queued', 2, RETRY, 'stop'])
    assert.equal(shown.notBefore, new Date(world.clock.wall() + 60_000).toISOString())
    assert.deepEqual(
      shown.waitingFor.map(({ code }) => code),
      ['next-attempt'],
    )
    const [earlier] = shown.attempts
    assert.deepEqual(
      [earlier?.attempt, earlier?.end, earlier?.proved, earlier?.client.name, earlier?.result?.error?.message],
      [1, 'failed', true, '1', '<b>no</b>'],
    )
    assert.deepEqual([shown.result, shown.client], [null, null])
  })
})

describe('the brake, as people see it', () => {
  it('is off, and letting go of it then is refused', async () => {
    await using world = await ApiWorld.ready()
    const off = { on: false, reason: null, since: null, endsAt: null, gone: 0, back: 0, futureFence: null }
    assert.deepEqual(await get<Brake>(world, 'brake'), off)
    assert.equal(codeOf(await post(world, 'brake/release')), 'BRAKE_OFF')
  })

  it('says why it is on, and an operator lets go of it', async () => {
    await using world = await ApiWorld.ready()
    const { client } = await connect(world, '1')
    world.brake.serverStarted([client])
    const { on, reason, gone, back } = await get<Brake>(world, 'brake')
    assert.deepEqual([on, reason, gone, back], [true, 'server-started', 1, 0])
    assert.equal((await post(world, 'brake/release', undefined, world.tokens.viewer)).status, 403)
    const released = (await post(world, 'brake/release')).json as Brake
    assert.equal(released.on, false)
  })
})

leakCheck()
