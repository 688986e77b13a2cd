import { must } from '@octopus/kit/assert.ts'
import { writeJson } from '@octopus/kit/json-text.ts'
import { sourceKey } from '@octopus/kit/source-key.ts'
import { invalidRequest, OctopusError, refusal } from '@octopus/protocol/errors.ts'
import { BODY_BYTES_MAX } from '@octopus/protocol/limits.ts'
import { type Route, type RouteName, ROUTES } from '@octopus/protocol/rest/routes.ts'
import { type Parsed, parser } from '@octopus/protocol/schema.ts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import { type AuthNeeds, authorise, type Who } from './auth.ts'
import { type Body, NO_BODY } from './body.ts'
import { startEventStream } from './event-stream.ts'
import { type RateLimits, STRANGER_BODY_BYTES_MAX } from './limits.ts'
import { originOfRequest } from './origin.ts'
import { convertQuery } from './query.ts'
import { type GivenAnswer, idempotencyKeyOf, type Repeats } from './repeat.ts'
import { Download, EventStream, type Handler, type RouteRequest, WithHeaders } from './route.ts'

export interface RegisterNeeds {
  readonly auth: AuthNeeds
  readonly limits: RateLimits
  readonly repeats: Repeats
  /** PUBLIC_URL. */
  readonly publicUrl: string | null
  /** True once the server stops: it finishes what it has begun and takes nothing new. */
  readonly stopping: () => boolean
  /** Bytes that are left on the disk when it takes no new work; else undefined. */
  readonly fullDisk: () => number | undefined
}

type Parse = (input: unknown) => Parsed<unknown>
interface Parsers {
  readonly params: Parse | undefined
  readonly query: Parse | undefined
  readonly body: Parse | undefined
}

/** The only way by which a route comes to be: it is in the table, or it is not there. */
export function registerRoute<N extends RouteName>(
  app: FastifyInstance,
  needs: RegisterNeeds,
  name: N,
  handler: Handler<N>,
): void {
  const route: Route = ROUTES[name]
  must(typeof handler === 'function', `route ${name} has no handler`)
  const parsers: Parsers = {
    params: route.params && parser(route.params),
    query: route.query && parser(route.query),
    body: route.body && parser(route.body),
  }
  /** Who was found to call, between the two hooks of one request. */
  const callers = new WeakMap<FastifyRequest, Who>()
  app.route({
    method: route.method,
    url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    bodyLimit: route.access === 'stranger' ? STRANGER_BODY_BYTES_MAX : BODY_BYTES_MAX,
    // Before a byte of the body is read.
    onRequest: async (request) => {
      // A process that finishes its work lives: who asks only that shall not kill it.
      if (needs.stopping() && name !== 'healthz') throw refusal('SHUTTING_DOWN')
      callers.set(request, await admit(needs, route, request))
      const freeBytes = route.grows && needs.fullDisk()
      if (freeBytes !== undefined) throw refusal('DISK_FULL', { freeMiB: Math.floor(freeBytes / 1_048_576) })
    },
    handler: async (request, reply) => {
      const input = { ...parse(route, parsers, request), ...circumstances(needs, request) }
      const caller = callers.get(request)
      const answerTo = (who: Who | undefined): Promise<unknown> =>
        handler({ ...input, caller: who } as unknown as RouteRequest<N>)
      const key = route.creates && idempotencyKeyOf(request.headers['idempotency-key'])
      if (key !== undefined && caller && 'userId' in caller) {
        const asked = { key, request: requestText(name, input) }
        const given = await needs.repeats(asked, caller, async (who) => givenAnswer(await answerTo(who)))
        const again = given.again ? { 'idempotency-replayed': 'true' } : {}
        return sendJson(reply.code(route.status).headers({ ...given.headers, ...again }), given.text)
      }
      const answer = await answerTo(caller)
      if (route.rate === 'sign-in') needs.limits.byClass['sign-in'].giveBack(sourceKey(request.ip))
      return send(route, answer, request, reply)
    },
  })
}

/** Who calls, counted against the limits of callers, or of addresses where nobody is known yet. */
async function admit(needs: RegisterNeeds, route: Route, request: FastifyRequest): Promise<Who> {
  const { auth, limits } = needs
  const source = sourceKey(request.ip)
  if (route.access === 'stranger') {
    limits.byClass[route.rate].take(source)
    return authorise(auth, request, route.access)
  }
  limits.guesses.take(source)
  try {
    const who = await authorise(auth, request, route.access)
    limits.guesses.giveBack(source)
    limits.byClass[route.rate].take('client' in who ? who.client : 'name' in who ? `${who.name}/${who.token}` : source)
    return who
  } catch (error) {
    // Known, and not allowed: that was no guess.
    if (error instanceof OctopusError && error.status === 403) limits.guesses.giveBack(source)
    throw error
  }
}

interface ParsedRequest {
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
  readonly texts: ReadonlyMap<string, string>
  readonly revision: number | undefined
}

function parse(route: Route, parsers: Parsers, request: FastifyRequest): ParsedRequest {
  const body = (request.body as Body | undefined) ?? NO_BODY
  const query = convertQuery(route.query ?? {}, request.query)
  refuseExtra(parsers.query, query, 'query')
  refuseExtra(parsers.body, body.value, 'body')
  return {
    params: valid(parsers.params, request.params, 'path'),
    query: valid(parsers.query, query, 'query'),
    body: valid(parsers.body, body.value, 'body'),
    texts: body.texts,
    revision: route.needsRevision ? revisionOf(request) : undefined,
  }
}

function valid(parse: Parse | undefined, input: unknown, where: string): unknown {
  if (!parse) return undefined
  const parsed = parse(input)
  if (!parsed.ok) throw invalidRequest(where, parsed.problems)
  return parsed.value
}

/** A route that takes nothing is not given anything either: who sends it something means another route. */
function refuseExtra(parse: Parse | undefined, input: unknown, where: string): void {
  if (parse) return
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw invalidRequest(where, [{ field: '', message: 'must be empty' }])
  }
  const extra = Object.keys(input).slice(0, 8)
  if (extra.length > 0)
    throw invalidRequest(
      where,
      extra.map((field) => ({ field, message: 'is not a known key' })),
    )
}

function revisionOf(request: FastifyRequest): number {
  const header = request.headers['if-match']
  if (header === undefined) throw refusal('REVISION_NEEDED')
  const match = /^"?(\d{1,15})"?$/.exec(header)
  if (!match) throw invalidRequest('header', [{ field: 'if-match', message: 'must be a revision, like "3"' }])
  return Number(match[1])
}

function circumstances(
  needs: RegisterNeeds,
  request: FastifyRequest,
): { readonly address: string; readonly origin: string; readonly server: string } {
  const secure = needs.auth.secure || request.protocol === 'https'
  const origin = originOfRequest(request, secure) ?? `${secure ? 'https' : 'http'}://localhost`
  return { address: request.ip, origin, server: needs.publicUrl ?? origin }
}

/** Everything that a request says, as one text. The order of a body's members says nothing. */
function requestText(name: RouteName, { params, query, texts }: ParsedRequest): string {
  return JSON.stringify([name, params, query, [...texts].sort(([a], [b]) => (a < b ? -1 : 1))])
}

function givenAnswer(answer: unknown): GivenAnswer {
  if (answer instanceof WithHeaders) return { text: writeJson(answer.body as unknown), headers: answer.headers }
  return { text: writeJson(answer), headers: {} }
}

function sendJson(reply: FastifyReply, text: string): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(text)
}

function send(route: Route, answer: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (answer instanceof EventStream) return startEventStream(answer, request, reply)
  if (answer instanceof Download) {
    return reply.code(route.status).headers(answer.headers).type(answer.type).send(answer.content)
  }
  const [body, headers] = answer instanceof WithHeaders ? [answer.body as unknown, answer.headers] : [answer, {}]
  reply.code(route.status).headers(headers)
  if (route.status === 204) return reply.send()
  return sendJson(reply, writeJson(body))
}
