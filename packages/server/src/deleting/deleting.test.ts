import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import { unpackToken } from '@octopus/protocol/enroll.ts'
import type { Client } from '@octopus/protocol/rest/clients.ts'
import type { Task } from '@octopus/protocol/rest/tasks.ts'
import type { User } from '@octopus/protocol/rest/users.ts'

import { ApiWorld, type Reply } from '#testing/api-world.ts'

interface Named {
  readonly name: string
  readonly deletedAt: string | null
}
const DAY = 86_400_000

const remove = (world: ApiWorld, path: string): Promise<Reply> =>
  world.call({ method: 'DELETE', path: `/api/v1/${path}` })
const restore = (world: ApiWorld, path: string): Promise<Reply> =>
  world.call({ method: 'POST', path: `/api/v1/${path}/restore` })
const put = (world: ApiWorld, name: string, source: string): Promise<Reply> =>
  world.call({ method: 'PUT', path: `/api/v1/plugins/${name}`, body: { language: 'python', source } })
const get = (world: ApiWorld, path: string): Promise<Reply> => world.call({ path: `/api/v1/${path}` })
const items = async (world: ApiWorld, path: string): Promise<readonly Named[]> =>
  ((await get(world, path)).json as { items: readonly Named[] }).items
const names = async (world: ApiWorld, path: string): Promise<readonly string[]> =>
  (await items(world, path)).map(({ name }) => name)
const codeOf = (reply: Reply): string => (reply.json as { code: string }).code
const detailOf = (reply: Reply): string => (reply.json as { detail: string }).detail

async function addTask(world: ApiWorld, more: object = {}): Promise<Task> {
  const body = { name: 'Weekly', plugin: 'greet', owner: 'all', type: 'scheduled', intervalSeconds: 60, ...more }
  const made = await world.call({ method: 'POST', path: '/api/v1/tasks', body })
  assert.equal(made.status, 201, made.text)
  return made.json
}

async function addUser(world: ApiWorld, name: string, more: object = {}): Promise<User> {
  const made = await world.call({ method: 'POST', path: '/api/v1/users', body: { name, ...more } })
  assert.equal(made.status, 201, made.text)
  return made.json
}

async function addClient(world: ApiWorld, more: object = {}, publicKey = 'k'.repeat(43)): Promise<Client> {
  const wish = { approves: true, ...more }
  const made = await world.call({ method: 'POST', path: '/api/v1/enrollment-tokens', body: wish })
  const secret = unpackToken((made.json as { token: string }).token)?.secret ?? ''
  const reported = { hostName: 'pc', os: 'linux', arch: 'x64', account: 'me', wishedUser: null, labels: [] }
  const body = { secret, publicKey, name: 'pc-1', version: '0.1.0', reported }
  const reply = await world.call({ method: 'POST', path: '/client/v1/enroll', token: null, body })
  const { clientId } = reply.json as { clientId: string }
  return (await get(world, `clients/${clientId}`)).json
}

const stats = async (world: ApiWorld): Promise<{ tasks: { created: number }; clients: { known: number } }> =>
  (await get(world, 'stats')).json

describe('a deleted task', () => {
  it('is in no list but that of deleted ones, and is restored as it was, paused', async () => {
    await using world = await ApiWorld.ready()
    const task = await addTask(world)
    assert.equal((await remove(world, `tasks/${task.id}`)).status, 204)
    assert.deepEqual([await names(world, 'tasks'), await names(world, 'tasks?deleted=true')], [[], ['Weekly']])
    assert.equal((await items(world, 'tasks?deleted=true'))[0]?.deletedAt, new Date(world.clock.wall()).toISOString())
    for (const path of [`tasks/${task.id}`, `tasks/${task.id}/runs`]) {
      assert.equal(codeOf(await get(world, path)), 'TASK_NOT_FOUND', path)
    }
    for (const verb of ['runs', 'end', 'cancel']) {
      const body = verb === 'runs' ? {} : undefined
      const reply = await world.call({ method: 'POST', path: `/api/v1/tasks/${task.id}/${verb}`, body })
      assert.equal(codeOf(reply), 'TASK_NOT_FOUND', verb)
    }
    assert.equal(codeOf(await remove(world, `tasks/${task.id}`)), 'TASK_NOT_FOUND')
    assert.equal((await stats(world)).tasks.created, 0)
    const { due } = await world.store.readDue({ now: world.clock.wall() + DAY, limit: 10 })
    assert.deepEqual(due, [], 'nothing of it is planned')

    const restored = (await restore(world, `tasks/${task.id}`)).json as Task
    assert.deepEqual(
      [restored.deletedAt, restored.paused, restored.revision > task.revision, restored.intervalSeconds],
      [null, true, true, 60],
    )
    assert.deepEqual([await names(world, 'tasks'), await names(world, 'tasks?deleted=true')], [['Weekly'], []])
    assert.equal((await stats(world)).tasks.created, 1)
    const again = await restore(world, `tasks/${task.id}`)
    assert.deepEqual(
      [again.status, (again.json as Task).revision],
      [200, restored.revision],
      'nothing is changed twice',
    )
  })

  it('can be restored for 30 days, and no longer', async () => {
    await using world = await ApiWorld.ready()
    const [early, late] = [await addTask(world), await addTask(world, { name: 'Late' })]
    await remove(world, `tasks/${early.id}`)
    await world.clock.advance(DAY)
    await remove(world, `tasks/${late.id}`)
    await world.clock.advance(29 * DAY + 1)
    assert.equal(codeOf(await restore(world, `tasks/${early.id}`)), 'TASK_NOT_FOUND')
    assert.equal((await restore(world, `tasks/${late.id}`)).status, 200)
  })

  it('does not come back without its plugin', async () => {
    await using world = await ApiWorld.ready()
    const task = await addTask(world)
    assert.equal(codeOf(await remove(world, 'plugins/greet')), 'PLUGIN_IN_USE')
    await remove(world, `tasks/${task.id}`)
    assert.equal((await remove(world, 'plugins/greet')).status, 204, 'a deleted task needs no plugin')
    assert.equal(codeOf(await restore(world, `tasks/${task.id}`)), 'PLUGIN_NOT_FOUND')
    await restore(world, 'plugins/greet')
    assert.equal((await restore(world, `tasks/${task.id}`)).status, 200)
  })
})

describe('a deleted plugin', () => {
  it('that comes back by publishing says so in the audit trail; in other letters its name is refused as that of a deleted one', async () => {
    await using world = await ApiWorld.ready()
    await world.publish('disk', 'def run(): return 1\n')
    const live = await put(world, 'DISK', 'def run(): return 2\n')
    assert.equal(codeOf(live), 'NAME_TAKEN')
    await remove(world, 'plugins/disk')
    const refused = await put(world, 'DISK', 'def run(): return 2\n')
    assert.deepEqual([refused.status, codeOf(refused)], [409, 'NAME_OF_DELETED'])
    assert.match(refused.text, /There was a plugin named \\"disk\\", which is deleted/)
    await world.publish('disk', 'def run(): return 3\n')
    const { items } = (await get(world, 'audit?action=plugin.published')).json as {
      items: { details: { version: number; revived?: boolean } }[]
    }
    assert.deepEqual(
      items.slice(0, 2).map(({ details }) => [details.version, details.revived]),
      [
        [2, true],
        [1, undefined],
      ],
    )
  })

  it('comes back with its versions, by restoring it or by publishing it again', async () => {
    await using world = await ApiWorld.ready()
    await world.publish('disk', 'def run(): return 1\n')
    await world.publish('disk', 'def run(): return 2\n')
    await remove(world, 'plugins/disk')
    assert.deepEqual(await names(world, 'plugins'), ['greet'])
    assert.deepEqual(await names(world, 'plugins?deleted=true'), ['disk'])
    for (const path of ['', '/versions', '/versions/1', '/sync']) {
      assert.equal(codeOf(await get(world, `plugins/disk${path}`)), 'PLUGIN_NOT_FOUND', path)
    }
    const restored = (await restore(world, 'plugins/DISK')).json as { version: number; source: string }
    assert.deepEqual([restored.version, restored.source], [2, 'def run(): return 2\n'])
    await remove(world, 'plugins/disk')
    await world.publish('disk', 'def run(): return 3\n')
    const versions = (await get(world, 'plugins/disk/versions')).json as { items: { version: number }[] }
    assert.deepEqual(
      versions.items.map(({ version }) => version),
      [3, 2, 1],
    )
    assert.equal(codeOf(await restore(world, 'plugins/none')), 'PLUGIN_NOT_FOUND')
  })

  it('names the tasks that keep it, for people and for programs', async () => {
    await using world = await ApiWorld.ready()
    const task = await addTask(world)
    const refused = await remove(world, 'plugins/greet')
    const { status, fields } = refused.json as { status: number; fields: unknown }
    assert.deepEqual([status, fields], [409, [{ field: `tasks/${task.id}`, message: 'Weekly' }]])
    assert.match(detailOf(refused), /Weekly/)
  })
})

describe('a deleted client', () => {
  it('is shut out and counted no more, and comes back with its rights when it is restored', async () => {
    await using world = await ApiWorld.ready()
    const client = await addClient(world, { user: 'root' })
    assert.equal((await remove(world, `clients/${client.id}`)).status, 204)
    assert.deepEqual([await names(world, 'clients'), await names(world, 'clients?deleted=true')], [[], ['pc-1']])
    assert.ok(world.facts.some(([name]) => name === 'client-deleted'))
    assert.equal((await stats(world)).clients.known, 0)
    assert.equal((await get(world, 'clients')).text.includes('"value":0'), true)
    for (const verb of ['approve', 'revoke', 'drain', 'resume']) {
      const reply = await world.call({
        method: 'POST',
        path: `/api/v1/clients/${client.id}/${verb}`,
        ...(verb === 'approve' && { body: {} }),
      })
      assert.equal(codeOf(reply), 'CLIENT_NOT_FOUND', verb)
    }
    const session = { session: 's', bootId: 'b', version: '1', holdMs: 120_000 } as never
    assert.equal(
      await world.store.beginSession({ now: world.clock.wall(), client: client.id, ...(session as object) } as never),
      null,
    )
    const restored = (await restore(world, `clients/${client.id}`)).json as Client
    assert.deepEqual([restored.status, restored.user, restored.deletedAt], ['approved', 'root', null])
    assert.equal((await stats(world)).clients.known, 1)
  })

  it('that enrols again with a token is who it was, with the rights of the token alone', async () => {
    await using world = await ApiWorld.ready()
    const client = await addClient(world, { user: 'root' })
    await remove(world, `clients/${client.id}`)
    const again = await addClient(world, { approves: false })
    assert.deepEqual([again.id, again.status, again.user], [client.id, 'pending', null])
  })
})

describe('a deleted user', () => {
  it('cannot sign in, is in no list, and comes back without tokens', async () => {
    await using world = await ApiWorld.ready()
    const password = 'seven wild horses run'
    await addUser(world, 'ann', { role: 'operator', password })
    const login = { method: 'POST', path: '/api/v1/login', token: null, body: { name: 'ann', password } }
    assert.equal((await world.call(login)).status, 200)
    assert.equal((await remove(world, 'users/ann')).status, 204)
    assert.equal(codeOf(await world.call(login)), 'WRONG_PASSWORD')
    assert.deepEqual([await names(world, 'users'), await names(world, 'users?deleted=true')], [['root'], ['ann']])
    assert.equal(codeOf(await get(world, 'users/ann')), 'USER_NOT_FOUND')
    const twice = await world.call({ method: 'POST', path: '/api/v1/users', body: { name: 'Ann' } })
    assert.equal(codeOf(twice), 'NAME_OF_DELETED')
    const restored = (await restore(world, 'users/ann')).json as User
    assert.deepEqual([restored.role, restored.canSignIn, restored.disabled], ['operator', true, false])
    assert.equal((await world.call(login)).status, 200)
  })

  it('who was disabled before comes back disabled', async () => {
    await using world = await ApiWorld.ready()
    const { revision } = await addUser(world, 'ann', { role: 'viewer', password: 'seven wild horses run' })
    const headers = { 'if-match': String(revision) }
    await world.call({ method: 'PATCH', path: '/api/v1/users/ann', body: { disabled: true }, headers })
    await world.clock.advance(1_000)
    await remove(world, 'users/ann')
    assert.equal(((await restore(world, 'users/ann')).json as User).disabled, true)
  })

  it('is not the last administrator, and owns nothing', async () => {
    await using world = await ApiWorld.ready()
    assert.equal(codeOf(await remove(world, 'users/root')), 'LAST_ADMINISTRATOR')
    await addUser(world, 'ann')
    const client = await addClient(world, { user: 'ann' })
    const task = await addTask(world, { owner: 'user', user: 'ann' })
    const refused = await remove(world, 'users/ann')
    assert.equal(codeOf(refused), 'USER_IN_USE')
    assert.match(detailOf(refused), /owns clients \(pc-1\), and has tasks that have not ended \(Weekly\)/)
    await remove(world, `tasks/${task.id}`)
    await remove(world, `clients/${client.id}`)
    assert.equal((await remove(world, 'users/ann')).status, 204)
    assert.equal(codeOf(await restore(world, `tasks/${task.id}`)), 'USER_NOT_FOUND')
    const orphan = (await restore(world, `clients/${client.id}`)).json as Client
    assert.equal(orphan.user, null, 'its user is gone')
  })

  it('frees the name when nobody can be restored any more', async () => {
    await using world = await ApiWorld.ready()
    await addUser(world, 'ann')
    const task = await addTask(world, { owner: 'user', user: 'ann' })
    await remove(world, `tasks/${task.id}`)
    await remove(world, 'users/ann')
    await world.clock.advance(30 * DAY + 1)
    await addUser(world, 'ann')
    assert.deepEqual(await names(world, 'users'), ['ann', 'root'])
  })
})

leakCheck()
