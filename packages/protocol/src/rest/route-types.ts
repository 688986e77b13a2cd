import type { Static, TSchema } from 'typebox'

import type { RouteName, ROUTES } from './routes.ts'

type Table = typeof ROUTES

/** What a route takes and answers, read from the table: there is no second list of types to forget. */
export type ParamsOf<N extends RouteName> = Table[N] extends { params: infer S extends TSchema } ? Static<S> : undefined
export type QueryOf<N extends RouteName> = Table[N] extends { query: infer S extends TSchema } ? Static<S> : undefined
export type BodyOf<N extends RouteName> = Table[N] extends { body: infer S extends TSchema } ? Static<S> : undefined
export type AnswerOf<N extends RouteName> = Table[N] extends { answer: infer S extends TSchema } ? Static<S> : undefined
export type AccessOf<N extends RouteName> = Table[N]['access']
