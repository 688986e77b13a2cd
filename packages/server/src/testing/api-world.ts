import { Readable } from 'node:stream'

import { createBus } from '@octopus/kit/bus.ts'
import { sha256Hex } from '@octopus/kit/checksum.ts'
import { createUuidV7Maker } from '@octopus/kit/ids.ts'
import { createSeededRandom } from '@octopus/kit/random.ts'
import { type CapturedLog, createCapturedLog } from '@octopus/kit/testing/capture-log.ts'
import { createHandClock, type HandClock } from '@octopus/kit/testing/hand-clock.ts'
import { createMemoryDisk } from '@octopus/kit/testing/memory-files.ts'
import type { ClientBuilds } from '@octopus/protocol/client-build.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'
import { type Route, type RouteName, ROUTES } from '@octopus/protocol/rest/routes.ts'
import type { Role } from '@octopus/protocol/roles.ts'
import { parser } from '@octopus/protocol/schema.ts'

import { auditRoutes } from '#audit/audit.routes.ts'
import { clientRoutes } from '#clients/client.routes.ts'
import { createFleet } from '#clients/fleet.ts'
import { brakeRoutes } from '#delivery/brake.routes.ts'
import type { Presence } from '#delivery/door.ts'
import { createSteadyTime } from '#delivery/timing.ts'
import { Brake } from '#delivery/watch-brake.ts'
import { executionRoutes } from '#executions/execution.routes.ts'
import { createCursors } from '#http/cursor.ts'
import { createRateLimits, type RateLimits } from '#http/limits.ts'
import { createRepeats } from '#http/repeat.ts'
import { createHttpServer, type HttpServer } from '#http/server.ts'
import { createDashboard } from '#http/static.ts'
import type { BuildStore } from '#install/builds.ts'
import { createInstaller } from '#install/installer.ts'
import { readTemplates } from '#install/node-templates.ts'
import type { Facts, ServerBus } from '#live/facts.ts'
import { createFeed, type Feed } from '#live/feed.ts'
import { liveRoutes } from '#live/live.routes.ts'
import { createMeasures } from '#metrics/measures.ts'
import { metricsRoutes } from '#metrics/metrics.routes.ts'
import { notificationRoutes } from '#notifications/notification.routes.ts'
import type { Outgoing, Sender } from '#notifications/sender.ts'
import { createCoverage } from '#plugins/coverage.ts'
import type { InboxProblem } from '#plugins/inbox.ts'
import { pluginRoutes } from '#plugins/plugin.routes.ts'
import { ownThreadReader } from '#plugins/read-source.ts'
import { runResultsRoutes } from '#results/run-results.routes.ts'
import { runRoutes } from '#runs/run.routes.ts'
import { searchRoutes } from '#search/search.routes.ts'
import { settingsRoutes } from '#settings/settings.routes.ts'
import { createLocalStore, type LocalDatabases, openMemoryDatabases } from '#store/sqlite/local-store.ts'
import type { Store } from '#store/store.ts'
import { taskRoutes } from '#tasks/task.routes.ts'
import { makeSetupToken } from '#users/one-time-link.ts'
import { createPasswordHash } from '#users/password.ts'
import { userRoutes } from '#users/user.routes.ts'
import { whyRoutes } from '#why/why.routes.ts'

export const SERVER_ID = '01890000-0000-7000-8000-000000000000'
export const DOWNLOAD_TOKEN = 'download-token-of-a-live-session'
const system = { kind: 'system', name: 'test' } as const

export interface Call {
  readonly method?: string
  readonly path: string
  readonly body?: unknown
  /** Sent as it is, instead of `body`. */
  readonly text?: string
  readonly headers?: Readonly<Record<string, string>>
  /** API token; null for nobody. The administrator's unless told otherwise. */
  readonly token?: string | null
  readonly cookie?: string
  readonly address?: string
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>
  readonly text: string
  readonly json: never
}

interface WorldChanges {
  readonly secure?: boolean
  readonly publicUrl?: string
  readonly schedulesMax?: number
}

/** The real HTTP side over a real store in memory, with a clock that tests move. Nobody delivers anything. */
export class ApiWorld implements AsyncDisposable {
  readonly clock: HandClock = createHandClock()
  readonly random = createSeededRandom(11)
  readonly ids = createUuidV7Maker(this.clock, this.random)
  readonly log: CapturedLog = createCapturedLog()
  readonly facts: [name: keyof Facts, fact: Facts[keyof Facts]][] = []
  readonly bus: ServerBus
  readonly store: Store
  readonly http: HttpServer
  readonly feed: Feed
  readonly limits: RateLimits
  readonly dashboardDisk = createMemoryDisk()
  /** Packed clients; a test that wants some sets them. */
  clientBuilds: ClientBuilds | undefined = undefined
  readonly buildStore: BuildStore = {
    builds: async () => this.clientBuilds,
    open: async (file) => ({ stream: Readable.from([Buffer.from(file)]), sizeBytes: file.length }),
  }
  readonly tokens: Record<Role, string> = { viewer: '', operator: '', admin: '' }
  /** Messages that were sent; a test may let it fail. */
  readonly sent: [target: string, message: Outgoing][] = []
  readonly sender: { -readonly [K in keyof Sender]: Sender[K] } = {
    send: async (target, message) => void this.sent.push([target.name, message]),
    problems: ({ url }) =>
      url?.includes('127.0.0.1') ? [{ field: 'url', message: 'leads into a private network' }] : [],
  }
  /** What the inbox is said to complain of. */
  inboxProblems: readonly InboxProblem[] = []
  /** Set when the disk shall be full. */
  diskFreeBytes: number | undefined
  /** Clients that the test says are connected. */
  readonly brake: Brake
  readonly online = new Set<ClientId>()
  readonly #databases: LocalDatabases

  static async start(changes: WorldChanges = {}): Promise<ApiWorld> {
    const world = new ApiWorld(changes.secure ?? false, undefined, changes)
    await world.http.app.ready()
    return world
  }

  /** With an administrator, a plugin, and a token of each role. */
  static async ready(changes: WorldChanges = {}): Promise<ApiWorld> {
    const world = await ApiWorld.start(changes)
    await world.setUp()
    return world
  }

  constructor(secure: boolean, disk?: LocalDatabases, { schedulesMax, publicUrl }: WorldChanges = {}) {
    const { clock, random, ids, log } = this
    this.#databases = disk ?? openMemoryDatabases(clock.wall())
    const bus = createBus<Facts>((error) => {
      throw error
    })
    this.bus = { ...bus, publish: (name, fact) => (this.facts.push([name, fact]), bus.publish(name, fact)) }
    const store = createLocalStore({ databases: this.#databases, ids, clock, schedule: queueMicrotask })
    this.store = store
    this.limits = createRateLimits(clock)
    this.feed = createFeed({ bus: this.bus, clock, onError: (error) => log.error('feed', { error }) })
    const presence: Presence = {
      isOnline: (client) => this.online.has(client),
      contactOf: (client) => (this.online.has(client) ? 'ready' : 'none'),
      onlineCount: () => this.online.size,
      slotsUsed: () => 0,
      lastHeardAt: () => undefined,
      clockAheadMs: () => undefined,
      progressOf: () => undefined,
    }
    this.brake = new Brake({
      store,
      sessions: { all: () => [], get: () => undefined, onlineCount: () => this.online.size },
      bus: this.bus,
      clock,
      holdMs: 12e4,
      presenceMs: 3e4,
      log,
      signal: new AbortController().signal,
      onOutage: (error) => log.error('brake', { error }),
    })
    const { brake } = this
    const cursors = createCursors('secret')
    const steady = createSteadyTime(clock, 0)
    const diskFull = (): boolean => this.diskFreeBytes !== undefined
    const shared = { brake, diskFull, store, bus: this.bus, clock, steady, random, cursors, presence, secure }
    const cacheTtlMs = 600_000
    const fleet = createFleet({ store, presence, clock })
    const coverage = createCoverage({ store, clock, bus: this.bus, cacheTtlMs })
    const installer = createInstaller({ store: this.buildStore, templates: readTemplates() })
    const measures = createMeasures({
      store,
      bus: this.bus,
      sessions: () => this.online.size,
      waiting: () => ({}),
      disk: () => Promise.resolve({ freeBytes: 1, totalBytes: 2 }),
      fileBytes: () => Promise.resolve({}),
      process: false,
    })
    this.http = createHttpServer({
      handlers: {
        ...taskRoutes({
          ...shared,
          cacheTtlMs,
          fleet,
          ...(schedulesMax !== undefined && { schedulesMax }),
        }),
        ...runRoutes(shared),
        ...runResultsRoutes(shared),
        ...auditRoutes(shared),
        ...searchRoutes(shared),
        ...settingsRoutes(shared),
        ...executionRoutes(shared),
        ...whyRoutes({ ...shared, fleet }),
        ...brakeRoutes(shared),
        ...clientRoutes({ ...shared, serverId: SERVER_ID, manifestRevision: () => 0, installer }),
        ...pluginRoutes({
          ...shared,
          reader: ownThreadReader,
          coverage,
          inbox: { problems: () => this.inboxProblems },
        }),
        ...userRoutes({
          ...shared,
          passwords: createPasswordHash(random, { memoryKiB: 64, passes: 1 }),
          tries: this.limits.accounts,
        }),
        ...metricsRoutes({ measures }),
        ...notificationRoutes({ ...shared, ids, sender: this.sender, seal: (text) => `sealed ${text.length}` }),
        ...liveRoutes({ ...shared, coverage, feed: this.feed }),
      },
      auth: {
        store,
        clock,
        secure,
        door: { clientOfDownloadToken: (token) => (token === DOWNLOAD_TOKEN ? (SERVER_ID as ClientId) : undefined) },
      },
      answered: measures.answered,
      isTrustedProxy: (address) => address === '10.9.9.9',
      publicUrl: publicUrl ?? null,
      fullDisk: () => this.diskFreeBytes,
      limits: this.limits,
      repeats: createRepeats({ store, clock, random, secret: 'secret' }),
      dashboard: createDashboard(this.dashboardDisk.mount(), 'dist'),
      installer,
      ids,
      log,
    })
  }

  /** The server that comes after this one, on the same disk. Nothing of this one is left but what was committed. */
  async restart(): Promise<ApiWorld> {
    this.http.stop()
    await this.feed[Symbol.asyncDispose]()
    await this.http.app.close()
    const next = new ApiWorld(false, this.#databases)
    await next.clock.advance(this.clock.wall() - next.clock.wall())
    await next.http.app.ready()
    Object.assign(next.tokens, this.tokens)
    return next
  }

  async setUp(): Promise<void> {
    await this.store.startServer({ now: this.clock.wall(), freshServerId: SERVER_ID, freshSecret: 'secret' })
    const token = await makeSetupToken(this)
    const done = await this.call({
      method: 'POST',
      path: '/api/v1/setup',
      body: { token, name: 'root', password: 'correct horse battery' },
      token: null,
    })
    if (done.status !== 200) throw new Error(done.text)
    const user = 'root'
    for (const role of Object.keys(this.tokens) as Role[]) {
      const text = `octo_${role}-${'x'.repeat(40)}`
      const times = { now: this.clock.wall(), expiresAt: this.clock.wall() + 9e11 }
      await this.store.createApiToken({
        ...times,
        actor: system,
        user,
        name: role,
        role,
        hash: sha256Hex(text),
        prefix: 'octo_',
      })
      this.tokens[role] = text
    }
    await this.publish('greet', 'def run(*args, **kwargs): pass\ndef hello(name, loud=False): pass\n')
  }

  async publish(name: string, source: string): Promise<void> {
    const reply = await this.call({
      method: 'PUT',
      path: `/api/v1/plugins/${name}`,
      body: { language: 'python', source },
    })
    if (reply.status !== 200) throw new Error(reply.text)
  }

  /** Everything that is stored, as text. */
  dump(): string {
    const { main } = this.#databases
    const tables = main.prepare("select name from sqlite_schema where type = 'table'").all() as { name: string }[]
    return JSON.stringify(tables.map(({ name }) => main.prepare(`select * from "${name}"`).all()))
  }

  /** From now on nothing can be written into the audit trail. */
  refuseAudit(): void {
    this.#databases.main.exec(
      `create temp trigger no_audit before insert on audit begin select raise(abort, 'no room in the trail'); end`,
    )
  }

  async call(call: Call): Promise<Reply> {
    const { method = 'GET', path, body, token = this.tokens.admin, cookie } = call
    const payload = call.text ?? (body === undefined ? undefined : JSON.stringify(body))
    const response = await this.http.app.inject({
      method: method as 'GET',
      url: path,
      remoteAddress: call.address ?? '127.0.0.1',
      headers: {
        ...(payload !== undefined && { 'content-type': 'application/json' }),
        ...(token !== null && token !== '' && cookie === undefined && { authorization: `Bearer ${token}` }),
        ...(cookie !== undefined && { cookie }),
        ...call.headers,
      },
      ...(payload !== undefined && { payload }),
    })
    const { statusCode: status, headers, payload: text } = response
    const isJson = /json/.test(String(headers['content-type']))
    const reply = { status, headers, text, json: (isJson ? JSON.parse(text) : undefined) as never }
    if (status < 300) checkAnswer(method, path, reply)
    return reply
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.http.stop()
    await this.feed[Symbol.asyncDispose]()
    await this.http.app.close()
    await this.store[Symbol.asyncDispose]()
    this.#databases.close()
  }
}

const ANSWERS = (Object.keys(ROUTES) as RouteName[]).map((name) => {
  const route: Route = ROUTES[name]
  const pattern = new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`)
  return { name, route, pattern, parse: route.answer && parser(route.answer) }
})

/** Every answer of every test is held against the schema that the API promises. */
function checkAnswer(method: string, path: string, reply: Reply): void {
  const plain = path.split('?', 1)[0] ?? ''
  const found = ANSWERS.find(({ route, pattern }) => route.method === method && pattern.test(plain))
  if (!found) return
  if (found.route.status !== reply.status) throw new Error(`${found.name} answered ${reply.status}`)
  if (!found.parse || !String(reply.headers['content-type']).startsWith('application/json')) return
  const parsed = found.parse(reply.json)
  if (!parsed.ok)
    throw new Error(`${found.name} answered what its schema does not allow: ${JSON.stringify(parsed.problems)}`)
}
