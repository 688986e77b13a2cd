import type { Readable } from 'node:stream'

import type { JsonText } from '@octopus/kit/json-text.ts'
import type { Random } from '@octopus/kit/random.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'
import type { AccessOf, AnswerOf, BodyOf, ParamsOf, QueryOf } from '@octopus/protocol/rest/route-types.ts'
import type { RouteName, ROUTES } from '@octopus/protocol/rest/routes.ts'

import type { Caller } from '#users/user-store.ts'

/** Somebody with a role: a signed-in user or a token of one. */
export interface SignedIn extends Caller {
  /** The session's secret, from the cookie; undefined for tokens. */
  readonly sessionToken: string | undefined
  /** Instead of the server's chance, where a request has an idempotency key: a repetition makes the same secrets. */
  readonly chance?: Random | undefined
  /** Asks the store again: streams that stay open for hours must end when rights do. */
  stillThere(): Promise<boolean>
}

/** Nobody in particular. A browser may bring an old session along. */
export interface Stranger {
  readonly sessionToken: string | undefined
}

export interface ClientCaller {
  readonly client: ClientId
}

export type CallerOf<N extends RouteName> =
  AccessOf<N> extends 'stranger' ? Stranger : AccessOf<N> extends 'client-session' ? ClientCaller : SignedIn

/** A request that has passed everything: its caller may do it, and each part fits its schema. */
export interface RouteRequest<N extends RouteName> {
  readonly params: ParamsOf<N>
  readonly query: QueryOf<N>
  readonly body: BodyOf<N>
  /** The JSON text of each member of the body, as it arrived. */
  readonly texts: ReadonlyMap<string, string>
  readonly caller: CallerOf<N>
  /** The revision in `If-Match`. */
  readonly revision: (typeof ROUTES)[N] extends { needsRevision: true } ? number : undefined
  /** Where the request came from. */
  readonly address: string
  /** How the caller reaches this server: `http://host:port`. */
  readonly origin: string
  /** Where others reach this server: `PUBLIC_URL`, else as the caller does. It goes into links and tokens. */
  readonly server: string
}

/** An answer as handlers give it: JSON from clients and plugins goes out as the text that is stored. */
export type Sent<T> = T extends string
  ? T
  : T extends readonly (infer I)[]
    ? readonly Sent<I>[]
    : T extends object
      ? { readonly [K in keyof T]: K extends 'args' | 'kwargs' ? JsonText : Sent<T[K]> }
      : T

/** An answer with headers of its own. */
export class WithHeaders<Body> {
  readonly body: Body
  readonly headers: Readonly<Record<string, string>>

  constructor(body: Body, headers: Readonly<Record<string, string>>) {
    this.body = body
    this.headers = headers
  }
}

/** An answer that is not JSON. */
export class Download {
  readonly type: string
  readonly content: Buffer | string | Readable
  readonly headers: Readonly<Record<string, string>>

  constructor(type: string, content: Buffer | string | Readable, headers: Readonly<Record<string, string>>) {
    this.type = type
    this.content = content
    this.headers = headers
  }
}

/** The open end of a stream of events. */
export interface EventSink {
  write(text: string): void
  end(): void
  /** Bytes that the reader has not taken yet. */
  bufferedBytes(): number
}

/** An answer that stays open. `start` is given the sink once, and answers what to do when the reader has gone. */
export class EventStream {
  readonly start: (sink: EventSink) => () => void

  constructor(start: (sink: EventSink) => () => void) {
    this.start = start
  }
}

type JsonAnswer<N extends RouteName> = Sent<AnswerOf<N>> | WithHeaders<Sent<AnswerOf<N>>>
type OtherAnswer<N extends RouteName> = (typeof ROUTES)[N] extends { answerType: string }
  ? Download | EventStream
  : never

export type Handler<N extends RouteName> = (
  request: RouteRequest<N>,
) => Promise<JsonAnswer<N> | OtherAnswer<N> | (N extends 'getOutput' ? Download : never)>

/** Handlers by the name of their route. All together must cover the table: the compiler says which one is missing. */
export type Handlers<N extends RouteName = RouteName> = { readonly [K in N]: Handler<K> }
