import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { Checksum, ClientId, ExecutionId, SessionId } from '@octopus/protocol/ids.ts'

import type { ClientRecord } from '#clients/client-store.ts'
import { NO_RETRY } from '#executions/retry.ts'
import { plan } from '#planning/plan.ts'

import type { Store } from './store.ts'

const NOW = 1_800_000_000_000
const HOUR = 3_600_000
const actor = { kind: 'user', name: 'root' } as const
const FIRST_PAGE = { limit: 50, after: null } as const

/**
 * What every store promises, whatever it is made of. One store serves all tests, since opening may be slow: each test
 * makes its own things under its own names.
 */
export function storeContract(name: string, open: () => Promise<Store>): void {
  describe(`a store ${name}`, () => {
    let opened: Store | undefined
    const store = (): Store => opened as Store
    before(async () => {
      opened = await open()
      await opened.startServer({ now: NOW, freshServerId: 'server', freshSecret: 'secret' })
    })
    after(() => opened?.[Symbol.asyncDispose]())
    describe('the first start', () => firstStart(store))
    describe('users', () => users(store))
    describe('signing in', () => signingIn(store))
    describe('API tokens', () => apiTokens(store))
    describe('clients', () => clients(store))
    describe('plugins', () => plugins(store))
    describe('executions', () => executions(store))
    describe('output', () => output(store))
  })
}

let numbers = 0
const fresh = (word: string): string => `${word}${++numbers}`
const checksum = (n: number | string): Checksum => String(n).padStart(64, '0') as Checksum

async function addUser(store: Store, more: Partial<Parameters<Store['createUser']>[0]> = {}): Promise<string> {
  const name = fresh('user')
  const user = { now: NOW, actor, name, displayName: 'A user', role: 'viewer', passwordHash: 'hash', ...more } as const
  assert.equal(await store.createUser(user), 'created')
  return name
}

async function addEnrollmentToken(store: Store, more: { user?: string; approves?: boolean; maxUses?: number } = {}) {
  const hash = fresh('enrollment')
  const token = { user: null, approves: true, maxUses: 1, ...more }
  const record = await store.createEnrollmentToken({ now: NOW, actor, hash, expiresAt: NOW + HOUR, ...token })
  assert.notEqual(record, 'no-user')
  return { hash, id: typeof record === 'string' ? '' : record.id }
}

const reported = { hostName: 'pc', os: 'linux', arch: 'x64', account: 'ann', wishedUser: null, labels: [] }

function enrollment(tokenHash: string, name = fresh('pc')) {
  const publicKey = fresh('key')
  return { now: NOW, tokenHash, publicKey, fingerprint: `sha of ${publicKey}`, name, version: '0.1.0', reported }
}

async function addClient(
  store: Store,
  more: { user?: string; approves?: boolean; name?: string } = {},
): Promise<ClientId> {
  const { hash } = await addEnrollmentToken(store, more)
  const answer = await store.enrollClient(enrollment(hash, more.name))
  assert.equal(answer.outcome, 'enrolled')
  return answer.outcome === 'enrolled' ? answer.id : ('' as ClientId)
}

async function connectClient(store: Store, client: ClientId): Promise<SessionId> {
  const session = fresh('session') as SessionId
  assert.ok(
    await store.beginSession({
      now: NOW,
      client,
      session,
      bootId: 'boot',
      version: '0.1.0',
      holdMs: 120_000,
      heartbeatMs: 10_000,
    }),
  )
  const runtimes = [{ language: 'python', version: '3.12' }] as const
  await store.recordReported({ now: NOW, client, session, reported, runtimes, slots: 2 })
  return session
}

async function publish(store: Store, name: string, bytes: number | string, more: { onlyIfNew?: boolean } = {}) {
  const source = { language: 'python', source: `# ${bytes}`, checksum: checksum(bytes), actions: [], doc: '' } as const
  return store.publishPlugin({ now: NOW, actor, name, ...source, onlyIfNew: false, ...more })
}

function firstStart(store: () => Store): void {
  it('keeps the first id and secret for ever, and counts the starts', async () => {
    const again = await store().startServer({ now: NOW, freshServerId: 'other', freshSecret: 'other' })
    assert.deepEqual(again, { serverId: 'server', secret: 'secret', epoch: 2, steadyAheadMs: 0 })
  })

  it('is set up once, by the newest link, whole or not at all', async () => {
    const link = { now: NOW, kind: 'setup', user: null, expiresAt: NOW + HOUR } as const
    await store().createLink({ ...link, hash: 'older' })
    await store().createLink({ ...link, hash: 'newer' })
    await addUser(store(), { name: 'Taken' })
    const setUp = {
      now: NOW,
      linkHash: 'newer',
      name: 'root',
      passwordHash: 'hash',
      sessionHash: 's',
      expiresAt: NOW + HOUR,
    }
    assert.equal(await store().readSetupDone({}), false)
    assert.equal(await store().setUp({ ...setUp, linkHash: 'older' }), 'wrong-token')
    assert.equal(await store().setUp({ ...setUp, now: NOW + HOUR }), 'wrong-token')
    assert.equal(await store().setUp({ ...setUp, name: 'taken' }), 'name-taken')
    const outcomes = await Promise.all([store().setUp(setUp), store().setUp(setUp)])
    assert.deepEqual(outcomes.sort(), ['already', 'done'])
    assert.equal(await store().readSetupDone({}), true)
    const caller = await store().readSessionCaller({ now: NOW, sessionHash: 's', idleMs: HOUR })
    assert.deepEqual([caller?.name, caller?.role, caller?.by], ['root', 'admin', 'session'])
  })

  it('stays set up when the last administrator is all that is left', async () => {
    const change = { now: NOW, actor, name: 'root', ifRevision: 1 }
    assert.deepEqual(await store().changeUser({ ...change, role: 'viewer' }), { outcome: 'last-administrator' })
    assert.deepEqual(await store().changeUser({ ...change, disabled: true }), { outcome: 'last-administrator' })
    assert.deepEqual(await store().changeUser({ ...change, displayName: 'Root' }), { outcome: 'changed' })
  })

  it('stops all work and resumes it', async () => {
    assert.equal(await store().readWorkStopped({}), false)
    await store().setWorkStopped({ now: NOW, actor, stopped: true })
    assert.equal(await store().readWorkStopped({}), true)
    await store().setWorkStopped({ now: NOW, actor, stopped: false })
    assert.equal(await store().readWorkStopped({}), false)
  })

  it('proves that it can commit', () => store().probe({ now: NOW }))
}

function users(store: () => Store): void {
  it('have names that are unique ignoring case', async () => {
    const name = await addUser(store())
    const again = { now: NOW, actor, name: name.toUpperCase(), displayName: '', role: null, passwordHash: null }
    assert.equal(await store().createUser(again), 'name-taken')
    assert.equal((await store().readUser({ name: name.toUpperCase() }))?.name, name)
  })

  it('are changed only by who has read their newest revision', async () => {
    const name = await addUser(store())
    const change = { now: NOW, actor, name, ifRevision: 1 }
    assert.deepEqual(await store().changeUser({ ...change, displayName: 'New', role: 'operator' }), {
      outcome: 'changed',
    })
    assert.deepEqual(await store().changeUser({ ...change, role: null }), { outcome: 'stale', revision: 2 })
    assert.deepEqual(await store().changeUser({ ...change, name: 'nobody' }), { outcome: 'no-user' })
    const user = await store().readUser({ name })
    assert.deepEqual(
      [user?.displayName, user?.role, user?.revision, user?.passwordHash],
      ['New', 'operator', 2, 'hash'],
    )
  })

  it('count the clients they own, without those that were shut out', async () => {
    const user = await addUser(store())
    await addClient(store(), { user })
    const gone = await addClient(store(), { user })
    await store().revokeClient({ now: NOW, actor, client: gone })
    assert.equal((await store().readUser({ name: user }))?.clients, 1)
  })

  it('are listed by name in pages that neither repeat nor leave out anybody', async () => {
    const { total } = await store().listUsers(FIRST_PAGE)
    for (const name of ['list-c', 'List-B', 'list-a']) await addUser(store(), { name })
    const seen: string[] = []
    let after: string | null = null
    do {
      const page = await store().listUsers({ limit: 2, after })
      assert.deepEqual(page.total, { value: total.value + 3, exact: true })
      seen.push(...page.items.map((user) => user.name))
      after = page.nextKey
    } while (after !== null)
    assert.equal(seen.length, total.value + 3)
    assert.deepEqual(
      seen.filter((name) => /^list/i.test(name)),
      ['list-a', 'List-B', 'list-c'],
    )
  })

  it('a key that is none of a list is refused', () =>
    assert.rejects(store().listUsers({ limit: 2, after: 'nonsense' }), { code: 'INVALID_CURSOR' }))
}

function signingIn(store: () => Store): void {
  const signIn = async (user: string): Promise<string> => {
    const sessionHash = fresh('session')
    assert.ok(await store().createWebSession({ now: NOW, user, sessionHash, expiresAt: NOW + 10 * HOUR }))
    return sessionHash
  }
  const callerOf = (sessionHash: string, now = NOW) => store().readSessionCaller({ now, sessionHash, idleMs: HOUR })

  it('lasts until it is unused for too long, or expires, or is ended', async () => {
    const session = await signIn(await addUser(store()))
    assert.ok(await callerOf(session, NOW + HOUR - 1))
    // That use was noted; nobody has to wait for it.
    await store().probe({ now: NOW })
    assert.ok(await callerOf(session, NOW + 2 * HOUR - 2))
    await store().probe({ now: NOW })
    assert.equal(await callerOf(session, NOW + 4 * HOUR), null)
    assert.equal(
      await store().readSessionCaller({ now: NOW + 10 * HOUR, sessionHash: session, idleMs: 99 * HOUR }),
      null,
    )
    await store().endWebSession({ now: NOW, sessionHash: session })
    assert.equal(await callerOf(session), null)
  })

  it('is over at once for a user who is disabled, loses the role, or gets a new password', async () => {
    for (const change of [{ disabled: true }, { role: null }, { passwordHash: 'new' }]) {
      const name = await addUser(store())
      const session = await signIn(name)
      await store().changeUser({ now: NOW, actor, name, ifRevision: 1, ...change })
      assert.equal(await callerOf(session), null, JSON.stringify(change))
    }
  })

  it('is not for users without a role', async () => {
    const user = await addUser(store(), { role: null })
    assert.equal(await store().createWebSession({ now: NOW, user, sessionHash: 'x', expiresAt: NOW + HOUR }), null)
    assert.equal(
      await store().createWebSession({ now: NOW, user: 'nobody', sessionHash: 'x', expiresAt: NOW + HOUR }),
      null,
    )
  })

  it('by a link works once', async () => {
    const user = await addUser(store())
    await store().createLink({ now: NOW, hash: 'link', kind: 'sign-in', user, expiresAt: NOW + HOUR })
    const use = (sessionHash: string) =>
      store().useSignInLink({ now: NOW, linkHash: 'link', sessionHash, expiresAt: NOW + HOUR })
    const callers = await Promise.all([use('a'), use('b')])
    assert.deepEqual(
      callers.map((caller) => caller?.name),
      [user, undefined],
    )
    await assert.rejects(
      store().createLink({ now: NOW, hash: 'link2', kind: 'sign-in', user: 'nobody', expiresAt: NOW + HOUR }),
      { code: 'USER_NOT_FOUND', message: /There is no user "nobody"/ },
    )
  })
}

function apiTokens(store: () => Store): void {
  const addToken = async (user: string, more: { role?: 'viewer' | 'operator' | 'admin' } = {}) => {
    const hash = fresh('token')
    const token = { name: 'ci', role: 'operator', prefix: 'octo_ab', expiresAt: NOW + HOUR, ...more } as const
    return { hash, ...(await store().createApiToken({ now: NOW, actor, user, hash, ...token })) }
  }

  it('speak for their user, and never for more than the user may', async () => {
    const user = await addUser(store(), { role: 'viewer' })
    const { hash } = await addToken(user, { role: 'admin' })
    const caller = await store().readTokenCaller({ now: NOW, tokenHash: hash })
    assert.deepEqual(
      { ...caller, userId: '' },
      { userId: '', name: user, role: 'viewer', by: 'token', token: 'ci', tokenEndsAt: NOW + HOUR },
    )
  })

  it('end by time, by being deleted, and with their user', async () => {
    const user = await addUser(store())
    const [one, two] = [await addToken(user), await addToken(user)]
    const lives = async (hash: string, now = NOW) => (await store().readTokenCaller({ now, tokenHash: hash })) !== null
    assert.equal(await lives(one.hash, NOW + HOUR), false)
    const del = async (who: string) =>
      (await store().deleteApiToken({ now: NOW, actor, user: who, id: one.id, roleAtMost: null })).outcome
    assert.deepEqual([await del('nobody'), await del(user), await del(user)], ['no-token', 'deleted', 'no-token'])
    assert.equal(await lives(one.hash), false)
    await store().changeUser({ now: NOW, actor, name: user, ifRevision: 1, disabled: true })
    await store().changeUser({ now: NOW, actor, name: user, ifRevision: 2, disabled: false })
    assert.equal(await lives(two.hash), false)
  })

  it('are listed without those that were deleted, with their last use', async () => {
    const user = await addUser(store())
    const [one, two] = [await addToken(user), await addToken(user)]
    await store().deleteApiToken({ now: NOW, actor, user, id: one.id, roleAtMost: null })
    await store().readTokenCaller({ now: NOW + 7, tokenHash: two.hash })
    await store().probe({ now: NOW })
    const { items, total } = await store().listApiTokens({ ...FIRST_PAGE, user })
    assert.deepEqual(
      items.map((token) => [token.id, token.userName, token.lastUsedAt]),
      [[two.id, user, NOW + 7]],
    )
    assert.deepEqual(total, { value: 1, exact: true })
  })
}

function clients(store: () => Store): void {
  const readClient = async (id: ClientId) => (await store().readClient({ id })) as ClientRecord

  it('of twenty that use the last use of a token at once, one gets in', async () => {
    const { hash } = await addEnrollmentToken(store(), { maxUses: 1 })
    const answers = await Promise.all(Array.from({ length: 20 }, () => store().enrollClient(enrollment(hash))))
    const count = (outcome: string): number => answers.filter((answer) => answer.outcome === outcome).length
    assert.deepEqual([count('enrolled'), count('wrong-token')], [1, 19])
  })

  it('do not get in with a token that is wrong, revoked or expired, and a known key costs no use', async () => {
    const { hash, id } = await addEnrollmentToken(store(), { maxUses: 2 })
    const enroll = enrollment(hash)
    const outcome = async (more: object): Promise<string> =>
      (await store().enrollClient({ ...enroll, ...more })).outcome
    assert.equal(await outcome({ tokenHash: 'wrong' }), 'wrong-token')
    assert.equal(await outcome({ now: NOW + HOUR }), 'wrong-token')
    const first = await store().enrollClient(enroll)
    assert.equal(first.outcome, 'enrolled')
    assert.deepEqual(await store().enrollClient(enroll), first)
    const listed = await store().listEnrollmentTokens({ ...FIRST_PAGE, now: NOW })
    assert.equal(listed.items.find((token) => token.id === id)?.usesLeft, 1)
    assert.equal(await store().deleteEnrollmentToken({ now: NOW, actor, id }), true)
    assert.equal(await outcome({ publicKey: 'another' }), 'wrong-token')
  })

  it('belong to the user of the token, and wait for approval unless it approves', async () => {
    const user = await addUser(store())
    const client = await readClient(await addClient(store(), { user, approves: false }))
    assert.deepEqual([client.userName, client.status, client.session], [user, 'pending', null])
    assert.deepEqual(client.reported, reported)
    const none = { now: NOW, actor, hash: fresh('x'), approves: true, maxUses: 1, expiresAt: NOW + HOUR }
    assert.equal(await store().createEnrollmentToken({ ...none, user: 'nobody' }), 'no-user')
  })

  it('are approved, bound and shut out for good', async () => {
    const [client, user] = [await addClient(store(), { approves: false }), await addUser(store())]
    const begin = {
      now: NOW,
      client,
      session: fresh('s') as SessionId,
      bootId: 'b',
      version: '1',
      holdMs: 45_000,
      heartbeatMs: 3_000,
    }
    assert.equal(await store().beginSession(begin), null)
    const approve = (more: { user: string | null; client?: ClientId }) =>
      store().approveClient({ now: NOW, actor, client, ...more })
    assert.equal(await approve({ user: 'nobody' }), 'no-user')
    assert.equal(await approve({ user: null, client: 'no-such' as ClientId }), 'no-client')
    assert.equal(await approve({ user }), 'approved')
    assert.equal((await readClient(client)).userName, user)
    assert.ok(await store().beginSession(begin))
    const { session } = begin
    const open = await store().readOpenSessions({})
    assert.deepEqual(
      open.filter((one) => one.client === client),
      [{ client, session, toldHoldMs: 45_000, toldHeartbeatMs: 3_000 }],
    )
    assert.equal((await store().revokeClient({ now: NOW, actor, client }))?.more, false)
    assert.equal(await approve({ user: null }), 'revoked')
    assert.equal(await store().revokeClient({ now: NOW, actor, client: 'no-such' as ClientId }), null)
  })

  it('are changed only by who has read their newest revision', async () => {
    const [client, user] = [await addClient(store()), await addUser(store())]
    const change = { now: NOW, actor, client, ifRevision: 1 }
    assert.deepEqual(await store().changeClient({ ...change, name: 'Lab', user, labels: ['a'] }), {
      outcome: 'changed',
    })
    assert.deepEqual(await store().changeClient({ ...change, name: 'Other' }), { outcome: 'stale', revision: 2 })
    assert.deepEqual(await store().changeClient({ ...change, ifRevision: 2, user: 'nobody' }), { outcome: 'no-user' })
    assert.deepEqual(await store().changeClient({ ...change, ifRevision: 2, user: null }), { outcome: 'changed' })
    const { name, userName, labels, revision } = await readClient(client)
    assert.deepEqual([name, userName, labels, revision], ['Lab', null, ['a'], 3])
  })

  it('are drained and resumed', async () => {
    const client = await addClient(store())
    assert.equal(await store().setDraining({ now: NOW, actor, client, draining: true }), true)
    assert.equal((await readClient(client)).draining, true)
    assert.equal(await store().setDraining({ now: NOW, actor, client, draining: false }), true)
    assert.equal((await readClient(client)).draining, false)
    assert.equal(await store().setDraining({ now: NOW, actor, client: 'x' as ClientId, draining: true }), false)
  })

  it('are listed by name, also those that share one, by status, user and presence', async () => {
    const user = await addUser(store())
    const twins = [await addClient(store(), { user, name: 'twin' }), await addClient(store(), { user, name: 'twin' })]
    const alpha = await addClient(store(), { user, name: 'alpha', approves: false })
    await connectClient(store(), twins[1] as ClientId)
    const list = async (filter: object): Promise<readonly ClientId[]> => {
      const seen: ClientId[] = []
      let after: string | null = null
      do {
        const page = await store().listClients({ limit: 1, after, filter: { user, ...filter } })
        seen.push(...page.items.map((client) => client.id))
        after = page.nextKey
      } while (after !== null)
      return seen
    }
    assert.deepEqual(await list({}), [alpha, ...twins])
    assert.deepEqual(await list({ status: 'pending' }), [alpha])
    assert.deepEqual(await list({ presence: 'online' }), [twins[1]])
    assert.deepEqual(await list({ presence: 'offline' }), [alpha, twins[0]])
  })

  it('are counted exactly, by status', async () => {
    const before = await store().readStats({ now: NOW })
    const pending = await addClient(store(), { approves: false })
    const gone = await addClient(store())
    await store().revokeClient({ now: NOW, actor, client: gone })
    const middle = await store().readStats({ now: NOW })
    assert.equal(middle.clients.known, before.clients.known + 1)
    assert.equal(middle.clients.pending, before.clients.pending + 1)
    await store().approveClient({ now: NOW, actor, client: pending, user: null })
    assert.equal((await store().readStats({ now: NOW })).clients.pending, before.clients.pending)
    for (const filter of [{}, { status: 'revoked' }] as const) {
      const { items, total } = await store().listClients({ limit: 200, after: null, filter })
      assert.deepEqual(total, { value: items.length, exact: true })
    }
  })
}

function plugins(store: () => Store): void {
  it('get a number with every change, and none for the same bytes', async () => {
    const [first, second] = [++numbers, ++numbers]
    const name = fresh('plugin')
    const versions: unknown[] = []
    for (const bytes of [first, first, second, first]) {
      const { outcome, ...rest } = await publish(store(), name, bytes)
      versions.push([outcome, 'plugin' in rest && rest.plugin.version])
    }
    assert.deepEqual(versions, [
      ['published', 1],
      ['unchanged', 1],
      ['published', 2],
      ['published', 3],
    ])
    const listed = await store().listPluginVersions({ limit: 2, after: null, name: name.toUpperCase() })
    assert.deepEqual(
      listed.items.map((item) => [item.version, item.checksum]),
      [
        [3, checksum(first)],
        [2, checksum(second)],
      ],
    )
    const rest = await store().listPluginVersions({ limit: 2, after: listed.nextKey, name })
    assert.deepEqual(
      rest.items.map((item) => item.version),
      [1],
    )
    assert.deepEqual(rest.total, { value: 3, exact: true })
    assert.deepEqual(await store().readSource({ checksum: checksum(first) }), {
      source: `# ${first}`,
      language: 'python',
    })
  })

  it('a file with bytes of any earlier version changes nothing', async () => {
    const [old, current] = [++numbers, ++numbers]
    const name = fresh('plugin')
    await publish(store(), name, old)
    await publish(store(), name, current)
    assert.equal((await publish(store(), name, old, { onlyIfNew: true })).outcome, 'unchanged')
    assert.equal((await store().readPlugin({ name }))?.checksum, checksum(current))
  })

  it('have names that are unique ignoring case', async () => {
    const name = fresh('Plugin')
    await publish(store(), name, ++numbers)
    const answer = await publish(store(), name.toLowerCase(), ++numbers)
    assert.deepEqual(answer, { outcome: 'name-taken', name, isDeleted: false })
    assert.equal((await store().readPlugin({ name: name.toLowerCase() }))?.name, name)
  })

  it('show what keeps a newer source from being published, until one is or nothing does', async () => {
    const name = fresh('plugin')
    await publish(store(), name, ++numbers)
    await store().recordPluginProblem({ now: NOW, name, problem: 'line 3: no' })
    assert.equal((await store().readPlugin({ name }))?.problem, 'line 3: no')
    await publish(store(), name, ++numbers)
    assert.equal((await store().readPlugin({ name }))?.problem, null)
    await store().recordPluginProblem({ now: NOW, name, problem: 'line 4: no' })
    await store().recordPluginProblem({ now: NOW, name, problem: null })
    assert.equal((await store().readPlugin({ name }))?.problem, null)
  })

  it('are deleted only when no open task uses them, and come back with a new version', async () => {
    const name = fresh('plugin')
    await publish(store(), name, ++numbers)
    await addTask(store(), name)
    const usedBy = (await store().deletePlugin({ now: NOW, actor, name }))?.usedBy
    assert.deepEqual(
      usedBy?.map((task) => task.name),
      ['A task'],
    )
    const free = fresh('plugin')
    await publish(store(), free, ++numbers)
    assert.deepEqual(await store().deletePlugin({ now: NOW, actor, name: free }), { usedBy: [], triedBy: [] })
    assert.equal(await store().deletePlugin({ now: NOW, actor, name: free }), null)
    assert.equal(await store().readPlugin({ name: free }), null)
    const again = await publish(store(), free, ++numbers)
    assert.equal(again.outcome === 'published' && again.plugin.version, 2)
  })

  it('make a manifest that rises only when the list changes', async () => {
    const [old, current] = [++numbers, ++numbers]
    const name = fresh('plugin')
    const settle = async () => {
      const manifest = await store().settleManifest({ now: NOW })
      const listed = manifest.entries.filter((entry) => entry.name === name).map((entry) => entry.checksum)
      return { revision: manifest.revision, listed }
    }
    await publish(store(), name, old)
    const first = await settle()
    assert.deepEqual(first.listed, [checksum(old)])
    assert.deepEqual(await settle(), first)
    await publish(store(), name, current)
    assert.deepEqual(await settle(), { revision: first.revision + 1, listed: [checksum(current)] })
    await store().deletePlugin({ now: NOW, actor, name })
    assert.deepEqual(await settle(), { revision: first.revision + 2, listed: [] })
  })

  it('keep a version in the manifest as long as a run needs it', async () => {
    const [old, current] = [++numbers, ++numbers]
    const name = fresh('plugin')
    const client = await addClient(store())
    await connectClient(store(), client)
    await publish(store(), name, old)
    const task = await addTask(store(), name)
    const run = await store().runTask({ now: NOW, actor, task, argsJson: null, kwargsJson: null })
    await publish(store(), name, current)
    const listed = async () => {
      const { entries } = await store().settleManifest({ now: NOW })
      return entries.filter((entry) => entry.name === name).map((entry) => entry.checksum)
    }
    assert.deepEqual(new Set(await listed()), new Set([checksum(old), checksum(current)]))
    assert.ok(run)
    await store().requestCancel({ now: NOW, actor, target: { run: run.run } })
    assert.deepEqual(await listed(), [checksum(current)])
  })

  it('tell which clients have a version, by what they said last', async () => {
    const bytes = ++numbers
    await publish(store(), fresh('plugin'), bytes)
    const { revision } = await store().settleManifest({ now: NOW })
    const connected = await Promise.all(
      [1, 2, 3].map(async () => {
        const client = await addClient(store())
        return { client, session: await connectClient(store(), client) }
      }),
    )
    const [has, lacks, silent] = connected
    const missing = [{ checksum: checksum(bytes), reason: 'disk-full' }]
    await store().recordSynced({ ...has!, revision, missing: [] })
    await store().recordSynced({ ...lacks!, revision, missing })
    const coverage = await store().readCoverage({ checksum: checksum(bytes) })
    const reasonOf = (client: ClientId | undefined) => coverage.missing.find((one) => one.client === client)?.reason
    assert.deepEqual(
      [reasonOf(has?.client), reasonOf(lacks?.client), reasonOf(silent?.client)],
      [undefined, 'disk-full', 'not-synced-yet'],
    )
    assert.equal(coverage.of - coverage.have, coverage.missing.length)
    assert.ok(coverage.have >= 1)
  })
}

async function addTask(store: Store, plugin: string, owner: 'all' | 'anyone' = 'anyone') {
  const definition = {
    name: 'A task',
    plugin,
    action: 'run',
    argsJson: '[1.0]',
    kwargsJson: '{}',
    owner,
    userId: null,
    type: 'ad-hoc',
    startAt: null,
    endAt: null,
    intervalMs: null,
    cron: null,
    timeZone: null,
    catchUp: 'last',
    overlap: 'skip',
    timeoutMs: 60_000,
    deadlineMs: null,
    onDisconnect: 'stop',
    retry: NO_RETRY,
    priority: 0,
  } as const
  const answer = await store.createTask({ now: NOW, actor, definition, nextRunAt: NOW })
  assert.equal(answer.outcome, 'created')
  if (answer.outcome !== 'created') throw new Error('not created')
  return answer.task.id
}

function executions(store: () => Store): void {
  /** An `anyone` task that was planned: one queued execution. */
  const addQueued = async (): Promise<ExecutionId> => {
    const plugin = fresh('plugin')
    await publish(store(), plugin, ++numbers)
    const task = await addTask(store(), plugin)
    const { due } = await store().readDue({ now: NOW, limit: 100 })
    await store().commitPlan({ now: NOW, tasks: plan({ now: NOW, upSince: NOW, roomSince: 0, resumedAt: 0, due }) })
    const { items } = await store().listExecutions({ ...FIRST_PAGE, filter: { task } })
    assert.deepEqual(
      items.map((item) => item.state),
      ['queued'],
    )
    return items[0]?.id as ExecutionId
  }
  const online = async () => {
    const client = await addClient(store())
    return { client, session: await connectClient(store(), client) }
  }
  const result = (key: { execution: ExecutionId; attempt: number; fence: number }) => ({
    execution: key.execution,
    attempt: key.attempt,
    fence: key.fence,
    proved: true,
    end: 'succeeded' as const,
    reason: 'finished' as const,
    startedAt: NOW,
    endedAt: NOW + 5,
    valueJson: '1.0',
    valueKind: 'json' as const,
    error: null,
    outputBytes: 0,
    outputCut: false,
    valueCut: false,
  })

  it('a due task is planned once, however many plan it', async () => {
    const plugin = fresh('plugin')
    await publish(store(), plugin, ++numbers)
    const task = await addTask(store(), plugin)
    const { due } = await store().readDue({ now: NOW, limit: 100 })
    const tasks = plan({ now: NOW, upSince: NOW, roomSince: 0, resumedAt: 0, due })
    await Promise.all([store().commitPlan({ now: NOW, tasks }), store().commitPlan({ now: NOW, tasks })])
    assert.equal((await store().listRuns({ ...FIRST_PAGE, filter: { task } })).items.length, 1)
    assert.equal((await store().listExecutions({ ...FIRST_PAGE, filter: { task } })).items.length, 1)
  })

  it('is never handed to two clients', async () => {
    const [execution, ann, bob] = [await addQueued(), await online(), await online()]
    const answers = await Promise.all(
      [ann, bob].map((taker) => store().handOver({ now: NOW, steady: NOW, placements: [{ execution, ...taker }] })),
    )
    assert.deepEqual(answers.flatMap(({ outcomes }) => outcomes.map(({ outcome }) => outcome)).sort(), [
      'handed-over',
      'stale',
    ])
  })

  it("is not handed to a session that is not the client's newest", async () => {
    const [execution, ann] = [await addQueued(), await online()]
    await connectClient(store(), ann.client)
    const { outcomes } = await store().handOver({ now: NOW, steady: NOW, placements: [{ execution, ...ann }] })
    assert.deepEqual(
      outcomes.map(({ outcome }) => outcome),
      ['stale'],
    )
  })

  it('takes one result; the same again is a duplicate, and what is not proved is refused', async () => {
    const [execution, ann] = [await addQueued(), await online()]
    const { outcomes } = await store().handOver({ now: NOW, steady: NOW, placements: [{ execution, ...ann }] })
    const handed = outcomes[0]
    assert.ok(handed?.outcome === 'handed-over')
    const report = { now: NOW + 9, client: ann.client, journalId: 'j', journalSeq: 1 }
    const dispositions = async (results: readonly ReturnType<typeof result>[]) =>
      (await store().storeResults({ ...report, results })).outcomes.map(({ disposition }) => disposition)
    const good = result(handed.item)
    assert.deepEqual(await dispositions([{ ...good, proved: false }, good]), ['refused', 'applied'])
    assert.deepEqual(await dispositions([good]), ['duplicate'])
    const stored = await store().readExecution({ id: execution })
    assert.deepEqual([stored?.state, stored?.result?.valueJson, stored?.argsJson], ['succeeded', '1.0', '[1.0]'])
    const task = await store().readTask({ id: stored!.taskId })
    assert.deepEqual(
      [task?.status, task?.outcome, task?.counts.total, task?.counts.succeeded],
      ['completed', 'succeeded', 1, 1],
    )
  })
}

function output(store: () => Store): void {
  const attemptOf = (fence: number) => ({ execution: fresh('execution') as ExecutionId, attempt: 1, fence })
  const chunk = (offset: number, text: string) => ({ offset, text, stream: 'stdout' as const, at: NOW })
  const append = async (attempt: ReturnType<typeof attemptOf>, ...chunks: ReturnType<typeof chunk>[]) => {
    const stored = await store().appendOutput({ now: 1, chunks: chunks.map((one) => ({ ...attempt, ...one })) })
    return stored.map(({ storedBytes }) => storedBytes)
  }
  const read = async (execution: ExecutionId, from = 0, limitBytes = 1_000) => {
    const { chunks, storedBytes } = await store().readOutput({ execution, from, limitBytes })
    return { text: chunks.map(({ text }) => text).join('|'), storedBytes }
  }
  const printer = async (execution: ExecutionId) =>
    (await store().readOutput({ execution, from: 0, limitBytes: 0 })).attempt

  it('is stored without a gap and without a duplicate, whatever arrives', async () => {
    const attempt = attemptOf(5)
    assert.deepEqual(await append(attempt, chunk(0, 'one '), chunk(4, 'two ')), [8])
    assert.deepEqual(await append(attempt, chunk(0, 'one '), chunk(4, 'two '), chunk(8, 'three')), [13])
    assert.deepEqual(await append(attempt, chunk(20, 'far away')), [13])
    assert.deepEqual(await append(attempt, chunk(8, 'three, four')), [19])
    assert.deepEqual(await read(attempt.execution), { text: 'one |two |three|, four', storedBytes: 19 })
  })

  it('is counted in bytes of UTF-8, and never cut inside a character', async () => {
    const attempt = attemptOf(5)
    assert.deepEqual(await append(attempt, chunk(0, 'äö')), [4])
    assert.deepEqual(await append(attempt, chunk(2, 'öü')), [6])
    assert.deepEqual(await read(attempt.execution), { text: 'äö|ü', storedBytes: 6 })
    assert.deepEqual(await read(attempt.execution, 2), { text: 'ö|ü', storedBytes: 6 })
    assert.deepEqual(await read(attempt.execution, 4), { text: 'ü', storedBytes: 6 })
    assert.deepEqual(await read(attempt.execution, 6), { text: '', storedBytes: 6 })
  })

  it('is read in pages', async () => {
    const attempt = attemptOf(5)
    await append(attempt, chunk(0, 'aaaa'), chunk(4, 'bbbb'), chunk(8, 'cccc'))
    assert.equal((await read(attempt.execution, 0, 9)).text, 'aaaa|bbbb')
    assert.equal((await read(attempt.execution, 8, 1)).text, 'cccc')
    assert.deepEqual(await read('nothing' as ExecutionId), { text: '', storedBytes: 0 })
  })

  it('of a newer attempt takes the place of the older one, which is let go', async () => {
    const attempt = attemptOf(5)
    const newer = { ...attempt, attempt: 2, fence: 6 }
    assert.equal(await printer(attempt.execution), null)
    await append(attempt, chunk(0, 'older'))
    assert.equal(await printer(attempt.execution), 1)
    assert.deepEqual(await append(newer, chunk(0, 'new')), [3])
    assert.deepEqual(await append(attempt, chunk(5, ' still')), [11])
    assert.deepEqual(await read(attempt.execution), { text: 'new', storedBytes: 3 })
    assert.equal(await printer(attempt.execution), 2)
  })

  it('stops at its limit, and the client may forget the rest', async () => {
    const attempt = attemptOf(5)
    const full = 'x'.repeat(65_536)
    for (let n = 0; n < 16; n++) await append(attempt, chunk(n * 65_536, full))
    assert.deepEqual(await append(attempt, chunk(1_048_576, 'more')), [1_048_580])
    assert.equal((await read(attempt.execution, 1_048_576)).storedBytes, 1_048_576)
  })
}
