import type { Socket } from 'node:net'

import type { Ms } from '@octopus/kit/clock.ts'
import type { IdMaker } from '@octopus/kit/ids.ts'
import type { Log } from '@octopus/kit/log.ts'
import { invalidRequest } from '@octopus/protocol/errors.ts'
import { type RouteName, ROUTES } from '@octopus/protocol/rest/routes.ts'
import Fastify, { type FastifyInstance } from 'fastify'

import type { Installer } from '#install/installer.ts'

import type { AuthNeeds } from './auth.ts'
import { acceptJsonOnly } from './body.ts'
import { countConnections } from './connections.ts'
import type { RateLimits } from './limits.ts'
import { noRoute } from './not-found.ts'
import { registerPages } from './pages.ts'
import { registerRoute } from './register.ts'
import type { Repeats } from './repeat.ts'
import { pathOf, problemText, replyError } from './reply-error.ts'
import type { Handler, Handlers } from './route.ts'
import { SECURITY_HEADERS } from './security-headers.ts'
import type { Dashboard } from './static.ts'

export interface HttpNeeds {
  readonly handlers: Handlers
  readonly auth: AuthNeeds
  /** Proxies that may say who asks (`X-Forwarded-For`) and how (`X-Forwarded-Proto`). Nobody, unless told otherwise. */
  readonly isTrustedProxy?: (address: string) => boolean
  /** PUBLIC_URL: where people and clients reach this server, whoever asks from where. */
  readonly publicUrl?: string | null
  /** Bytes that are left on the disk when it takes no new work; else undefined. */
  readonly fullDisk?: () => number | undefined
  /** Told of every answer; `route` is a pattern of the table, or `none`. For measuring. */
  readonly answered?: (method: string, route: string, status: number, tookMs: Ms) => void
  readonly limits: RateLimits
  readonly repeats: Repeats
  readonly dashboard: Dashboard
  readonly installer: Installer
  readonly ids: IdMaker
  readonly log: Log
}

export interface HttpServer {
  /** Built, and not listening yet. */
  readonly app: FastifyInstance
  /** Every route there is, as `GET /path`. */
  readonly routes: readonly string[]
  /** From now on new requests are refused; those under way are finished. Before `app.close()`. */
  stop(): void
}

/** Who sends headers more slowly than this is not there to be answered (slowloris). */
const HEADERS_MS_MAX: Ms = 10_000
/** A whole request, with a body of at most 2 MiB. */
const REQUEST_MS_MAX: Ms = 60_000
/** A browser's next request mostly comes within this time. */
const KEEP_ALIVE_MS: Ms = 15_000
/** Paths are short; a plugin's name of 63 characters has at most three times as many when it is encoded. */
const PARAMETER_CHARACTERS_MAX = 1_000

/** Builds the HTTP side. What is not declared in the table of routes or of pages does not exist. */
export function createHttpServer(needs: HttpNeeds): HttpServer {
  const { handlers, auth, limits, repeats, dashboard, log } = needs
  let stopping = false
  const routes: string[] = []
  const isTrustedProxy = needs.isTrustedProxy ?? (() => false)
  const app = Fastify({
    trustProxy: (address) => isTrustedProxy(address),
    logger: false,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    requestTimeout: REQUEST_MS_MAX,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: { headersTimeout: HEADERS_MS_MAX, maxHeaderSize: 16_384, connectionsCheckingInterval: 5_000 },
    routerOptions: { maxParamLength: PARAMETER_CHARACTERS_MAX },
    clientErrorHandler: (error, socket) => answerBrokenRequest(error, socket),
    frameworkErrors: (error, request, reply) => {
      reply.headers(SECURITY_HEADERS)
      replyError(needs, error, request, reply)
    },
  })
  countConnections(app.server, isTrustedProxy)
  acceptJsonOnly(app)
  app.addHook('onRoute', ({ method, url }) => void routes.push(`${String(method)} ${url}`))
  app.addHook('onRequest', async (_request, reply) => void reply.headers(SECURITY_HEADERS))
  app.addHook('onResponse', async (request, reply) => {
    needs.answered?.(request.method, request.routeOptions.url ?? 'none', reply.statusCode, reply.elapsedTime)
    const took = { tookMs: Math.round(reply.elapsedTime), status: reply.statusCode }
    log.debug('request', { method: request.method, path: pathOf(request), ...took })
  })
  app.setErrorHandler((error, request, reply) => replyError(needs, error, request, reply))
  app.setNotFoundHandler((request) => {
    throw noRoute(request.method, pathOf(request))
  })
  const publicUrl = needs.publicUrl ?? null
  const fullDisk = needs.fullDisk ?? (() => undefined)
  const register = { auth, limits, repeats, publicUrl, stopping: () => stopping, fullDisk }
  for (const name of Object.keys(ROUTES) as RouteName[]) {
    registerRoute(app, register, name, handlers[name] as Handler<RouteName> as never)
  }
  registerPages(app, { limits, dashboard, installer: needs.installer, secure: auth.secure, publicUrl })
  return { app, routes, stop: () => void (stopping = true) }
}

/** What is no HTTP gets a short answer, and the connection ends. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  // Who is too slow to ask gets no answer either.
  const silent = ['ECONNRESET', 'ERR_HTTP_REQUEST_TIMEOUT'].includes(error.code ?? '')
  if (silent || !socket.writable) return void socket.destroy()
  const text = problemText(invalidRequest('request', [{ field: '', message: 'is not HTTP as this server reads it' }]))
  const headers = Object.entries({
    ...SECURITY_HEADERS,
    'content-type': 'application/problem+json; charset=utf-8',
    'content-length': String(Buffer.byteLength(text)),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 400 Bad Request\r\n${headers.join('')}\r\n${text}`)
}
