import { createServer, type Server } from 'node:net'
import { join } from 'node:path'

import { createSystemClock, type Ms } from '@octopus/kit/clock.ts'
import { readDiskSpace, readFileSizes } from '@octopus/kit/disk-space.ts'
import { createUuidV7Maker } from '@octopus/kit/ids.ts'
import type { Log } from '@octopus/kit/log.ts'
import { createNodeFiles } from '@octopus/kit/node-files.ts'
import { createSystemRandom } from '@octopus/kit/random.ts'
import { trustedAddresses } from '@octopus/kit/trusted-addresses.ts'

import { auditRoutes } from '#audit/audit.routes.ts'
import { clientRoutes } from '#clients/client.routes.ts'
import { createFleet } from '#clients/fleet.ts'
import { brakeRoutes } from '#delivery/brake.routes.ts'
import type { DiskSpace } from '#disk/disk-level.ts'
import { createDiskWatch, type DiskWatch } from '#disk/disk-watch.ts'
import { executionRoutes } from '#executions/execution.routes.ts'
import { createCursors } from '#http/cursor.ts'
import { createRateLimits } from '#http/limits.ts'
import { createRepeats } from '#http/repeat.ts'
import { createHttpServer } from '#http/server.ts'
import { createDashboard } from '#http/static.ts'
import { createInstaller } from '#install/installer.ts'
import { createBuildStore } from '#install/node-builds-folder.ts'
import { readTemplates } from '#install/node-templates.ts'
import { createFeed } from '#live/feed.ts'
import { liveRoutes } from '#live/live.routes.ts'
import { announceSecondLooks } from '#live/second-look.ts'
import { createMeasures, type Measures } from '#metrics/measures.ts'
import { metricsRoutes } from '#metrics/metrics.routes.ts'
import { readOrMakeKey } from '#notifications/node-key.ts'
import type { MailSettings } from '#notifications/node-mail.ts'
import { createSender } from '#notifications/node-sender.ts'
import { notificationRoutes } from '#notifications/notification.routes.ts'
import { notify } from '#notifications/notify.ts'
import { createCoverage } from '#plugins/coverage.ts'
import { PluginInbox } from '#plugins/inbox.ts'
import { openInboxFolder } from '#plugins/node-inbox-folder.ts'
import { createThreadReader } from '#plugins/node-reader.ts'
import { pluginRoutes } from '#plugins/plugin.routes.ts'
import { rememberSources } from '#plugins/remember-sources.ts'
import { runResultsRoutes } from '#results/run-results.routes.ts'
import { sweepNowAndThen } from '#retention/sweep.ts'
import { runRoutes } from '#runs/run.routes.ts'
import { searchRoutes } from '#search/search.routes.ts'
import { settingsRoutes } from '#settings/settings.routes.ts'
import { attachSocketServer } from '#socket/server.ts'
import { filesIn } from '#store/sqlite/folder.ts'
import type { Batch, Damage } from '#store/sqlite/worker-messages.ts'
import { openWorkerStore } from '#store/sqlite/worker-store.ts'
import type { Store } from '#store/store.ts'
import { taskRoutes } from '#tasks/task.routes.ts'
import { forgetOldKeys } from '#users/forget-keys.ts'
import { makeSetupToken, makeSignInToken } from '#users/one-time-link.ts'
import { createPasswordHash } from '#users/password.ts'
import { seal, unseal } from '#users/sealed.ts'
import { userRoutes } from '#users/user.routes.ts'
import { whyRoutes } from '#why/why.routes.ts'

import { type Engine, startEngine } from './engine.ts'
import { verifyEd25519 } from './node-crypto.ts'
import { Outage } from './outage.ts'

/** What a server is made from. */
export interface ServerOptions {
  readonly host: string
  readonly port: number
  readonly dataFolder: string
  readonly pluginsFolder: string
  readonly holdMs: number
  /** CACHE_TTL: how long parsed plugins and counted coverage are kept. */
  readonly cacheTtlMs: number
  /** Where packed clients lie; if it is not said, in the data folder, else where `npm run build:client` writes. */
  readonly clientBuildsFolder?: string | null
  readonly log: Log
  /** Proxies that may say who asks, and that it was by HTTPS; left out, nobody may. */
  readonly trustedProxies?: readonly string[]
  /** PUBLIC_URL: where people and clients reach this server; left out, each is told the address that it used. */
  readonly publicUrl?: string | null
  /** What notifications go out by; left out, there is no e-mail and no private webhook. */
  readonly notifications?: {
    readonly mail: MailSettings | null
    readonly webhookHosts: readonly string[]
  }
  /** The store can promise nothing any more; the process must end. */
  readonly onFatal: (message: string) => void
}

export interface RunningServer extends AsyncDisposable {
  readonly url: string
  readonly store: Store
  readonly engine: Engine
  /** Where the first administrator is made; null once there was one. */
  setupLink(): Promise<string | null>
  /** Signs this user in once, for who sits at the server's console. */
  signInLink(user: string): Promise<string>
}

/** Where `npm run build:client` writes. */
const OWN_BUILDS_FOLDER = join(import.meta.dirname, '../../client/dist')

/** What is lost with the file, and what is not, is in `docs/operating.md`. */
const OUTPUT_REMEDY =
  'restore a backup, or stop the server, move this file and its -wal and -shm files aside, and start it again'

/** A client that was told of a planned stop comes back after this time; a restart takes about as long. */
const RECONNECT_AFTER_MS = 1_000
/** What is asked when the server stops has so long to be answered. */
const LAST_REQUESTS_MS: Ms = 5_000

/** Builds the server from its parts and starts it; it serves when this resolves. What cannot start says why in one sentence. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host, port, dataFolder, pluginsFolder, holdMs, cacheTtlMs, log, onFatal } = options
  await using parts = new AsyncDisposableStack()
  const clock = createSystemClock()
  const random = createSystemRandom()
  const ids = createUuidV7Maker(clock, random)
  const files = createNodeFiles()
  const life = new AbortController()

  await refuseTakenPort(host, port)
  // Store and engine come first and are measured by what is built on them.
  const later: { measures?: Measures; disk?: DiskWatch } = {}
  const onDamaged = (damage: Damage): void => log.error('output-damaged', { ...damage, remedy: OUTPUT_REMEDY })
  const onBatch = (thread: string, { calls, tookMs }: Batch): void => later.measures?.batch(thread, calls, tookMs)
  const store = parts.use(await openWorkerStore({ folder: dataFolder, onFatal, onDamaged, onBatch }))
  const engine = await startEngine({
    diskLevel: () => later.disk?.level() ?? 'roomy',
    store,
    clock,
    random,
    ids,
    log,
    holdMs,
    verify: verifyEd25519,
  })
  parts.defer(() => engine.stop(RECONNECT_AFTER_MS))
  const { bus, door, presence, steady, brake, manifestRevision } = engine

  const space = (): Promise<DiskSpace> => readDiskSpace(dataFolder)
  const watch = createDiskWatch({ space, bus, clock, log })
  later.disk = watch
  await watch.look()

  const isTrustedProxy = trustedAddresses(options.trustedProxies ?? [])
  const outgoing = options.notifications ?? { mail: null, webhookHosts: [] }
  const key = readOrMakeKey(join(dataFolder, 'notifications.key'), random)
  const sender = createSender({
    clock,
    serverId: engine.serverId,
    mail: outgoing.mail,
    publicUrl: options.publicUrl ?? null,
    trusted: new Set(outgoing.webhookHosts.map((host) => host.toLowerCase())),
    unseal: (sealed) => unseal(key, sealed),
  })

  const onError = (error: unknown): void => log.warn('inbox', { error: String(error) })
  const reader = rememberSources(parts.use(createThreadReader(clock)), { clock, cacheTtlMs })
  const folder = await openInboxFolder(pluginsFolder, onError)
  const inbox = new PluginInbox({ store, bus, clock, reader, log, folder })
  await inbox.start(life.signal)
  const watching = Promise.all([
    inbox.run(life.signal),
    announceSecondLooks({ bus, clock }, life.signal),
    watch.run(life.signal),
    notify({ store, sender, clock, log }, life.signal),
    forgetOldKeys({ store, clock, onError }, life.signal),
    sweepNowAndThen(
      { store, clock, log, keep: async () => (await store.readSettings({})).values.retention },
      life.signal,
    ),
  ])
  parts.defer(async () => void (await watching))
  parts.defer(() => life.abort(new Error('the server is stopping')))

  const { main, output } = filesIn(dataFolder)
  const measures = parts.use(
    createMeasures({
      store,
      bus,
      sessions: () => presence.onlineCount(),
      waiting: () => store.waiting(),
      disk: space,
      fileBytes: () => readFileSizes({ main, mainLog: `${main}-wal`, output, outputLog: `${output}-wal` }),
      process: true,
    }),
  )
  later.measures = measures

  const feed = createFeed({ bus, clock, onError })
  const cursors = createCursors(engine.secretFor('cursors'))
  const limits = createRateLimits(clock)
  const coverage = createCoverage({ store, clock, bus, cacheTtlMs })
  const fleet = createFleet({ store, presence, clock })
  const buildFolders = options.clientBuildsFolder ?? [join(dataFolder, 'client-builds'), OWN_BUILDS_FOLDER]
  const builds = createBuildStore([buildFolders].flat(), (error) => log.warn('client-builds', { error: String(error) }))
  const installer = createInstaller({ store: builds, templates: readTemplates() })
  // TLS is not ours yet: a trusted proxy says of each request whether it came by HTTPS.
  const secure = false
  const shared = { store, bus, clock, random, cursors }
  const diskFull = (): boolean => watch.level() === 'full'
  const http = createHttpServer({
    handlers: {
      ...taskRoutes({ ...shared, cacheTtlMs, fleet, brake, diskFull }),
      ...runRoutes(shared),
      ...executionRoutes({ ...shared, presence, steady, brake }),
      ...whyRoutes({ ...shared, presence, steady, brake, fleet, diskFull }),
      ...brakeRoutes({ store, brake }),
      ...runResultsRoutes(shared),
      ...auditRoutes(shared),
      ...searchRoutes(shared),
      ...settingsRoutes(shared),
      ...clientRoutes({ ...shared, presence, manifestRevision, serverId: engine.serverId, installer }),
      ...pluginRoutes({ ...shared, reader, coverage, inbox }),
      ...userRoutes({ ...shared, passwords: createPasswordHash(random), tries: limits.accounts, secure }),
      ...metricsRoutes({ measures }),
      ...notificationRoutes({ ...shared, ids, sender, seal: (text) => seal(key, text, random) }),
      ...liveRoutes({ ...shared, presence, coverage, feed }),
    },
    auth: { store, door, clock, secure },
    answered: measures.answered,
    isTrustedProxy,
    publicUrl: options.publicUrl ?? null,
    fullDisk: () => (diskFull() ? (watch.space()?.freeBytes ?? 0) : undefined),
    limits,
    repeats: createRepeats({ store, clock, random, secret: engine.secretFor('idempotency') }),
    dashboard: createDashboard(files, join(import.meta.dirname, '../../web/dist')),
    installer,
    ids,
    log,
  })
  await http.app.ready()
  const sockets = attachSocketServer({
    server: http.app.server,
    door,
    clock,
    log,
    isTrustedProxy,
    onRefused: (why) => bus.publish('connection-refused', { why }),
  })
  parts.defer(async () => {
    await sockets[Symbol.asyncDispose]()
    const closed = new AbortController()
    // What a stranger sends without an end would hold the stop: a server that closes looks at no times any more.
    void clock.after(LAST_REQUESTS_MS, closed.signal).then(
      () => http.app.server.closeAllConnections(),
      () => {},
    )
    await http.app.close().finally(() => closed.abort())
  })
  // Taken down in reverse: no new requests, then clients are told to come back while their sockets are still open, then
  // the open event streams end, which would hold the server's close.
  parts.use(feed)
  parts.defer(() => engine.stop(RECONNECT_AFTER_MS))
  parts.defer(() => http.stop())
  await http.app.listen({ host, port })
  const url = addressOf(http.app.server.address(), host)
  log.info('listening', { url })
  const owned = parts.move()
  return {
    url,
    store,
    engine,
    setupLink: async () => {
      const token = await makeSetupToken({ store, clock, random })
      return token === null ? null : `${url}/dashboard/setup#token=${token}`
    },
    signInLink: async (user) =>
      `${url}/dashboard/sign-in#token=${await makeSignInToken({ store, clock, random }, user)}`,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** Found out before anything is opened: two servers on one port is the commonest mistake, and must harm nothing. */
function refuseTakenPort(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => reject(portRefused(error, host, port)))
    probe.listen({ host, port }, () => probe.close(() => resolve()))
  })
}

function portRefused(error: NodeJS.ErrnoException, host: string, port: number): Outage {
  if (error.code === 'EADDRINUSE') {
    return new Outage(`Port ${port} on ${host} is in use. Stop the other program, or choose another port with --port.`)
  }
  if (error.code === 'EACCES') {
    return new Outage(`Port ${port} may not be opened by this user. Choose one above 1023 with --port.`)
  }
  return new Outage(`Cannot listen on ${host}, port ${port} (${error.code ?? error.message}). Correct --host.`)
}

function addressOf(address: ReturnType<Server['address']>, host: string): string {
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`
}
