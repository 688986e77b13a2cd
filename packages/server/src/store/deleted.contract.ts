import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { Checksum, ClientId, SessionId, TaskId } from '@octopus/protocol/ids.ts'

import type { Store } from './store.ts'

const NOW = 1_800_000_000_000
const HOUR = 3_600_000
const actor = { kind: 'user', name: 'root' } as const
const act = { now: NOW, actor }

let numbers = 0
const fresh = (word: string): string => `${word}${++numbers}`
const checksum = (bytes: string): Checksum => bytes.padStart(64, '0') as Checksum

/** What every store promises of versions, tries, and things that are deleted and restored. */
export function deletedContract(name: string, open: () => Promise<Store>): void {
  describe(`a store ${name}: versions, tries and deleted things`, () => {
    let opened: Store | undefined
    const store = (): Store => opened as Store
    before(async () => {
      opened = await open()
      await opened.startServer({ now: NOW, freshServerId: 'server', freshSecret: 'secret' })
    })
    after(() => opened?.[Symbol.asyncDispose]())
    versions(store)
    tries(store)
    deleted(store)
  })
}

async function publish(store: Store, name: string, bytes: string, basedOn?: Checksum | null) {
  const read = { language: 'python', source: `# ${bytes}`, checksum: checksum(bytes), actions: [], doc: '' } as const
  return store.publishPlugin({ ...act, name, ...read, onlyIfNew: false, basedOn })
}

async function addClient(store: Store): Promise<ClientId> {
  const tokenHash = fresh('token')
  const token = { ...act, hash: tokenHash, user: null, approves: true, maxUses: 1, expiresAt: NOW + HOUR }
  await store.createEnrollmentToken(token)
  const reported = { hostName: 'pc', os: '', arch: '', account: '', wishedUser: null, labels: [] }
  const publicKey = fresh('key')
  const about = { tokenHash, publicKey, fingerprint: publicKey, name: fresh('pc'), version: '1', reported }
  const enrolled = await store.enrollClient({ now: NOW, ...about })
  assert.equal(enrolled.outcome, 'enrolled')
  return enrolled.outcome === 'enrolled' ? enrolled.id : ('' as ClientId)
}

async function connect(store: Store, client: ClientId): Promise<SessionId> {
  const session = fresh('session') as SessionId
  assert.ok(
    await store.beginSession({
      now: NOW,
      client,
      session,
      bootId: 'boot',
      version: '1',
      holdMs: 120_000,
      heartbeatMs: 10_000,
    }),
  )
  return session
}

const order = (name: string, client: ClientId, draft: string | null) => ({
  ...act,
  name,
  client,
  bytes:
    draft === null
      ? null
      : ({ language: 'python', source: `# ${draft}`, checksum: checksum(draft), actions: [], doc: '' } as const),
  action: 'run',
  argsJson: '[1.0]',
  kwargsJson: '{}',
  priority: 100,
  timeoutMs: HOUR,
  deadlineAt: NOW + HOUR,
})

function versions(store: () => Store): void {
  it('a version on top of what is current no more is a conflict, and changes nothing', async () => {
    const name = fresh('plugin')
    assert.equal((await publish(store(), name, '1', checksum('none'))).outcome, 'gone')
    assert.equal((await publish(store(), name, '1', null)).outcome, 'published')
    assert.equal((await publish(store(), name, '2', null)).outcome, 'conflict')
    const both = await Promise.all([
      publish(store(), name, '2', checksum('1')),
      publish(store(), name, '3', checksum('1')),
    ])
    assert.deepEqual(both.map(({ outcome }) => outcome).sort(), ['conflict', 'published'])
    const { items } = await store().listPluginVersions({ limit: 10, after: null, name })
    assert.deepEqual(
      items.map(({ version, basedOn, current }) => [version, basedOn, current]),
      [
        [2, 1, true],
        [1, null, false],
      ],
    )
  })

  it('old bytes become current once, under a new number', async () => {
    const name = fresh('plugin')
    await publish(store(), name, '1')
    await publish(store(), name, '2')
    const back = { ...act, name, checksum: checksum('1'), ifRevision: 2 }
    const both = await Promise.all([store().setCurrentVersion(back), store().setCurrentVersion(back)])
    assert.deepEqual(both.map(({ outcome }) => outcome).sort(), ['published', 'stale'])
    assert.equal((await store().readPlugin({ name }))?.version, 3)
    const never = await store().setCurrentVersion({ ...back, checksum: checksum('9'), ifRevision: 3 })
    assert.equal(never.outcome, 'no-version')
  })
}

function tries(store: () => Store): void {
  it('a try is an execution of its bytes for its client, listed apart from the manifest until it is final', async () => {
    const name = fresh('plugin')
    await publish(store(), name, '1')
    const client = await addClient(store())
    assert.equal((await store().tryPlugin(order(name, client, 'draft'))).outcome, 'takes-no-work', 'not connected')
    await connect(store(), client)
    const tried = await store().tryPlugin(order(name, client, 'draft'))
    assert.ok(tried.outcome === 'begun')
    const found = await store().readExecution({ id: tried.execution })
    assert.deepEqual(
      [found?.slot, found?.checksum, found?.pluginVersion, found?.try, found?.argsJson, found?.state],
      [{ kind: 'client', value: client }, checksum('draft'), null, true, '[1.0]', 'queued'],
    )
    const listed = await store().settleManifest({ now: NOW })
    assert.deepEqual(
      listed.tries.map((one) => [one.client, one.entry.checksum, one.entry.name]),
      [[client, checksum('draft'), name]],
    )
    assert.ok(listed.entries.every((entry) => entry.checksum !== checksum('draft')))
    assert.deepEqual(
      await store().deletePlugin({ ...act, name }),
      { usedBy: [], triedBy: [tried.execution] },
      'named by what a person can find: no list shows the task of a try',
    )
    await store().requestCancel({ ...act, target: { execution: tried.execution } })
    const after = await store().settleManifest({ now: NOW })
    assert.deepEqual([after.tries, after.revision], [[], listed.revision], 'for nobody the list has changed')
  })

  it('a try of nothing new is the current version, by its number', async () => {
    const name = fresh('plugin')
    await publish(store(), name, '1')
    const client = await addClient(store())
    await connect(store(), client)
    const tried = await store().tryPlugin(order(name, client, null))
    assert.ok(tried.outcome === 'begun')
    assert.equal((await store().readExecution({ id: tried.execution }))?.pluginVersion, 1)
    await store().requestCancel({ ...act, target: { execution: tried.execution } })
  })
}

function deleted(store: () => Store): void {
  it('a deleted client is none, whoever asks, until it is restored in time', async () => {
    const client = await addClient(store())
    const session = await connect(store(), client)
    assert.equal((await store().deleteClient({ ...act, client })).outcome, 'deleted')
    assert.equal((await store().deleteClient({ ...act, client })).outcome, 'no-client')
    assert.equal(await store().readClient({ id: client }), null)
    assert.equal(await store().revokeClient({ ...act, client }), null)
    const open = await store().readOpenSessions({})
    assert.ok(open.every((one) => one.session !== session))
    assert.equal(await store().restoreClient({ ...act, client, deletedAfter: NOW + 1 }), 'no-client')
    assert.equal(await store().restoreClient({ ...act, client, deletedAfter: NOW }), 'restored')
    assert.equal((await store().readClient({ id: client }))?.status, 'approved')
  })

  it('a deleted user is none, and the name is taken for as long as it can be restored', async () => {
    const name = fresh('user')
    const user = { ...act, name, displayName: '', role: null, passwordHash: null }
    assert.equal(await store().createUser(user), 'created')
    assert.deepEqual(await store().deleteUser({ ...act, name }), { outcome: 'deleted' })
    assert.equal(await store().readUser({ name }), null)
    assert.equal(await store().createUser(user), 'name-taken')
    assert.equal(await store().restoreUser({ ...act, name, deletedAfter: NOW }), 'restored')
    assert.equal((await store().readUser({ name }))?.disabled, false)
  })

  it('a deleted plugin or user is restored in time, and afterwards is none', async () => {
    const plugin = fresh('plugin')
    await publish(store(), plugin, '1')
    assert.deepEqual(await store().deletePlugin({ ...act, name: plugin }), { usedBy: [], triedBy: [] })
    const user = fresh('user')
    await store().createUser({ ...act, name: user, displayName: '', role: null, passwordHash: null })
    await store().deleteUser({ ...act, name: user })
    const late = { ...act, deletedAfter: NOW + 1 }
    assert.equal(await store().restorePlugin({ ...late, name: plugin }), 'no-plugin')
    assert.equal(await store().restoreUser({ ...late, name: user }), 'no-user')
    assert.deepEqual([await store().readPlugin({ name: plugin }), await store().readUser({ name: user })], [null, null])
    const inTime = { ...act, deletedAfter: NOW }
    assert.equal(await store().restorePlugin({ ...inTime, name: plugin }), 'restored')
    assert.equal(await store().restoreUser({ ...inTime, name: user }), 'restored')
    assert.equal((await store().readPlugin({ name: plugin }))?.version, 1)
  })

  it('what was never there is not restored', async () => {
    const restore = { ...act, deletedAfter: 0 }
    const id = '01890000-0000-7000-8000-00000000000f'
    assert.equal((await store().restoreTask({ ...restore, task: id as TaskId })).outcome, 'no-task')
    assert.equal(await store().restoreClient({ ...restore, client: id as ClientId }), 'no-client')
    assert.equal(await store().restoreUser({ ...restore, name: 'nobody' }), 'no-user')
    assert.equal(await store().restorePlugin({ ...restore, name: 'nothing' }), 'no-plugin')
  })
}
