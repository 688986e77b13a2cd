import { type OPERATIONS, type Operations } from './schema.ts'

export type OperationName = keyof Operations
export type Answer<N extends OperationName> = Operations[N]['answer']
export type Body<N extends OperationName> = Operations[N]['body']
export type Query<N extends OperationName> = Operations[N]['query']

type Part<Key extends string, T> = T extends undefined ? unknown : Record<Key, T>
type Optional<Key extends string, T> = T extends undefined ? unknown : Partial<Record<Key, T>>

/** What a call of an operation has to bring: path parameters, query, body, and the revision that it changes. */
export type Request<N extends OperationName> = Part<'params', Operations[N]['params']> &
  Optional<'query', Operations[N]['query']> &
  Part<'body', Operations[N]['body']> &
  (Operations[N]['needsRevision'] extends true ? { readonly revision: number } : unknown)

export interface PlainRequest {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string | number | undefined>>
}

/** The address of an operation, with its parameters in place. */
export function addressOf(path: (typeof OPERATIONS)[OperationName][1], request: PlainRequest): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(request.params?.[name] ?? ''))
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined && value !== '') query.set(name, String(value))
  }
  return query.size === 0 ? filled : `${filled}?${query.toString()}`
}
