import assert from 'node:assert/strict'
import { it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import { unpackToken } from '@octopus/protocol/enroll.ts'
import type { AuditEntry } from '@octopus/protocol/rest/audit.ts'
import { type Route, type RouteName, ROUTES } from '@octopus/protocol/rest/routes.ts'
import type { Run } from '@octopus/protocol/rest/runs.ts'

import { ApiWorld, type Call } from '#testing/api-world.ts'
import { addFleet, endRun, executionsOf, type Member, runOnAll } from '#testing/fleet.ts'
import { makeSignInToken } from '#users/one-time-link.ts'

const PASSWORD = 'many words make one'
const SOURCE = 'def run(*args, **kwargs): return 2\n'
const revision = (value: number | string) => ({ headers: { 'if-match': String(value) } })
const post = (path: string, body?: object): Call => ({ method: 'POST', path: `/api/v1/${path}`, ...(body && { body }) })
const put = (path: string, body: object): Call => ({ method: 'PUT', path: `/api/v1/${path}`, body })
const patch = (path: string, body: object, of: number | string = 1): Call => ({
  method: 'PATCH',
  path: `/api/v1/${path}`,
  body,
  ...revision(of),
})
const remove = (path: string): Call => ({ method: 'DELETE', path: `/api/v1/${path}` })
const idOf = async (world: ApiWorld, call: Call): Promise<string> => {
  const reply = await world.call(call)
  assert.ok(reply.status < 300, `${call.path}: ${reply.text}`)
  return (reply.json as { id: string }).id
}
const task = (changes: object = {}): Call =>
  post('tasks', { plugin: 'greet', owner: 'all', type: 'scheduled', intervalSeconds: 3_600, ...changes })
const user = post('users', { name: 'ann', password: PASSWORD, role: 'viewer' })

async function member(world: ApiWorld, name = 'pc'): Promise<Member> {
  const [one] = await addFleet(world, [name])
  return one as Member
}

async function failedRun(world: ApiWorld): Promise<Run> {
  const pc = await member(world)
  const run = await runOnAll(world)
  await endRun(world, run, [pc], () => ({ end: 'failed', reason: 'exception' }))
  return run
}

async function signedIn(world: ApiWorld): Promise<Partial<Call>> {
  await world.call(user)
  const reply = await world.call({ ...post('login', { name: 'ann', password: PASSWORD }), token: null })
  const cookie = String(reply.headers['set-cookie']).split(';')[0] ?? ''
  const { csrfToken } = reply.json as { csrfToken: string }
  return { cookie, headers: { 'x-octopus-csrf': csrfToken } }
}

const target = post('notifications/targets', { name: 'ops', kind: 'webhook', url: 'https://example.org/hook' })
const nobody = { language: 'python', source: SOURCE }

/** Of each route that writes: a request that succeeds, and what the trail calls it. */
const WRITES: Readonly<Record<string, readonly [action: string, call: (world: ApiWorld) => Promise<Call>]>> = {
  login: [
    'user.signed-in',
    async (world) => (await world.call(user), { ...post('login', { name: 'ann', password: PASSWORD }), token: null }),
  ],
  loginLink: [
    'user.signed-in',
    async (world) => ({ ...post('login-link', { token: await makeSignInToken(world, 'root') }), token: null }),
  ],
  logout: ['user.signed-out', async (world) => ({ ...post('logout'), ...(await signedIn(world)) })],
  createApiToken: ['token.created', async () => post('tokens', { name: 'ci', role: 'viewer' })],
  deleteApiToken: [
    'token.revoked',
    async (world) => remove(`tokens/${await idOf(world, post('tokens', { name: 'ci', role: 'viewer' }))}`),
  ],
  createUser: ['user.created', async () => user],
  changeUser: ['user.changed', async (world) => (await world.call(user), patch('users/ann', { displayName: 'Ann' }))],
  deleteUser: ['user.deleted', async (world) => (await world.call(user), remove('users/ann'))],
  restoreUser: [
    'user.restored',
    async (world) => (await world.call(user), await world.call(remove('users/ann')), post('users/ann/restore')),
  ],
  createEnrollmentToken: ['enrollment-token.created', async () => post('enrollment-tokens', {})],
  deleteEnrollmentToken: [
    'enrollment-token.revoked',
    async (world) => remove(`enrollment-tokens/${await idOf(world, post('enrollment-tokens', {}))}`),
  ],
  changeClient: ['client.changed', async (world) => patch(`clients/${(await member(world)).id}`, { labels: ['a'] })],
  deleteClient: ['client.deleted', async (world) => remove(`clients/${(await member(world)).id}`)],
  restoreClient: [
    'client.restored',
    async (world) => {
      const { id } = await member(world)
      await world.call(remove(`clients/${id}`))
      return post(`clients/${id}/restore`)
    },
  ],
  approveClient: [
    'client.approved',
    async (world) => {
      const reply = await world.call(post('enrollment-tokens', {}))
      const { token } = reply.json as { token: string }
      const enrolled = await world.call(enrolling(world, token))
      return post(`clients/${(enrolled.json as { clientId: string }).clientId}/approve`, {})
    },
  ],
  revokeClient: ['client.revoked', async (world) => post(`clients/${(await member(world)).id}/revoke`)],
  drainClient: ['client.drained', async (world) => post(`clients/${(await member(world)).id}/drain`)],
  resumeClient: [
    'client.resumed',
    async (world) => {
      const { id } = await member(world)
      await world.call(post(`clients/${id}/drain`))
      return post(`clients/${id}/resume`)
    },
  ],
  putPlugin: ['plugin.published', async () => put('plugins/other', nobody)],
  deletePlugin: [
    'plugin.deleted',
    async (world) => (await world.call(put('plugins/other', nobody)), remove('plugins/other')),
  ],
  restorePlugin: [
    'plugin.restored',
    async (world) => {
      await world.call(put('plugins/other', nobody))
      await world.call(remove('plugins/other'))
      return post('plugins/other/restore')
    },
  ],
  createPluginVersion: ['plugin.published', async () => post('plugins/other/versions', { ...nobody, basedOn: null })],
  setCurrentVersion: [
    'plugin.rolled-back',
    async (world) => {
      const old = (await world.call(put('plugins/other', nobody))).json as { checksum: string }
      const now = (await world.call(put('plugins/other', { ...nobody, source: `${SOURCE}\n` }))).json as {
        revision: number
      }
      return { ...put('plugins/other/current', { checksum: old.checksum }), ...revision(now.revision) }
    },
  ],
  tryPlugin: ['plugin.tried', async (world) => post('plugins/greet/try', { client: (await member(world)).id })],
  createTask: ['task.create', async () => task()],
  deleteTask: [
    'task.deleted',
    async (world) => {
      const id = await idOf(world, task())
      await world.call(post(`tasks/${id}/end`))
      return remove(`tasks/${id}`)
    },
  ],
  restoreTask: [
    'task.restored',
    async (world) => {
      const id = await idOf(world, task())
      await world.call(post(`tasks/${id}/end`))
      await world.call(remove(`tasks/${id}`))
      return post(`tasks/${id}/restore`)
    },
  ],
  changeTask: ['task.changed', async (world) => patch(`tasks/${await idOf(world, task())}`, { name: 'x' })],
  pauseTask: ['task.paused', async (world) => post(`tasks/${await idOf(world, task())}/pause`)],
  resumeTask: [
    'task.resumed',
    async (world) => {
      const id = await idOf(world, task())
      await world.call(post(`tasks/${id}/pause`))
      return post(`tasks/${id}/resume`)
    },
  ],
  endTask: ['task.end', async (world) => post(`tasks/${await idOf(world, task())}/end`)],
  cancelTask: ['task.cancel', async (world) => post(`tasks/${await idOf(world, task())}/cancel`)],
  runTask: ['task.run', async (world) => post(`tasks/${await idOf(world, task())}/runs`)],
  cancelRun: ['run.cancel', async (world) => (await member(world), post(`runs/${(await runOnAll(world)).id}/cancel`))],
  retryRun: ['run.retry', async (world) => post(`runs/${(await failedRun(world)).id}/retry`, {})],
  cancelExecution: [
    'execution.cancel',
    async (world) => {
      await member(world)
      const [execution] = await executionsOf(world, await runOnAll(world))
      return post(`executions/${execution?.id}/cancel`)
    },
  ],
  retryExecution: [
    'execution.retry',
    async (world) => {
      const [execution] = await executionsOf(world, await failedRun(world))
      return post(`executions/${execution?.id}/retry`)
    },
  ],
  changeSettings: ['settings.changed', async () => patch('settings', { retention: { outputDays: 7 } })],
  stopAllWork: ['work.stopped', async () => post('stop-all-work')],
  resumeAllWork: ['work.resumed', async (world) => (await world.call(post('stop-all-work')), post('resume-all-work'))],
  createNotificationTarget: ['notification-target.create', async () => target],
  changeNotificationTarget: [
    'notification-target.change',
    async (world) => patch(`notifications/targets/${await idOf(world, target)}`, { name: 'x' }),
  ],
  deleteNotificationTarget: [
    'notification-target.delete',
    async (world) => remove(`notifications/targets/${await idOf(world, target)}`),
  ],
  enroll: [
    'client.enrolled',
    async (world) => {
      const { token } = (await world.call(post('enrollment-tokens', { approves: true }))).json as { token: string }
      return enrolling(world, token)
    },
  ],
}

function enrolling(world: ApiWorld, token: string): Call {
  const reported = { hostName: 'pc', os: '', arch: '', account: '', wishedUser: null, labels: [] }
  const body = { secret: unpackToken(token)?.secret, publicKey: 'k'.repeat(43), name: 'pc-1', version: '1', reported }
  return { method: 'POST', path: '/client/v1/enroll', body, token: null, address: `10.0.0.${world.facts.length % 200}` }
}

/** Routes whose method says that they write, and that do not, or not here. */
const OTHERS: Readonly<Record<string, string>> = {
  setup: 'is possible once, before there is anybody: users/sign-in.test.ts looks at its trace',
  checkPlugin: 'stores nothing',
  previewSchedule: 'stores nothing',
  releaseBrake: 'needs an engine that brakes: its own test looks at its trace',
  testNotificationTarget: 'sends, and stores nothing',
  retryNotificationMessage: 'needs a message that failed: its own test',
}

const writing = (Object.keys(ROUTES) as RouteName[]).filter((name) => (ROUTES[name] as Route).method !== 'GET')

it('every route that writes is known here', () => {
  const missing = writing.filter((name) => !(name in WRITES) && !(name in OTHERS))
  assert.deepEqual(missing, [], 'say here which request makes it write, and what the trail calls that')
  assert.ok(writing.length > 30)
})

for (const [name, [action, prepare]] of Object.entries(WRITES)) {
  it(`${name} leaves one line in the audit trail: ${action}`, async () => {
    await using world = await ApiWorld.ready()
    const call = await prepare(world)
    const before = await trail(world)
    const reply = await world.call(call)
    assert.equal(reply.status, ROUTES[name as RouteName].status, reply.text)
    const known = new Set(before.map(({ id }) => id))
    const added = (await trail(world)).filter(({ id }) => !known.has(id))
    assert.ok(
      added.some((entry) => entry.action === action),
      `${name} wrote ${JSON.stringify(added.map((entry) => entry.action))}`,
    )
    assert.equal(added.filter((entry) => entry.action === action).length, 1)
    for (const entry of added) assert.ok(entry.actor.name !== '' && entry.subject !== '', JSON.stringify(entry))
  })
}

for (const [name, [action, prepare]] of Object.entries(WRITES)) {
  it(`${name} does nothing where its line cannot be written: ${action}`, async () => {
    await using world = await ApiWorld.ready()
    const call = await prepare(world)
    const before = world.dump()
    world.refuseAudit()
    const reply = await world.call(call)
    assert.ok(reply.status >= 500, `it was answered with ${reply.status}: ${reply.text}`)
    assert.equal(world.dump(), before)
  })
}

async function trail(world: ApiWorld): Promise<readonly AuditEntry[]> {
  return ((await world.call({ path: '/api/v1/audit?limit=200' })).json as { items: AuditEntry[] }).items
}

leakCheck()
