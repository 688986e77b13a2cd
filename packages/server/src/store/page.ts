/** Who does something: leaves its name in the audit trail. */
export interface Actor {
  readonly kind: 'user' | 'token' | 'client' | 'system'
  /** The user's name, `name/token`, the client's id, or the part of the server. */
  readonly name: string
  /** Given when the request carries an idempotency key: the verb that it leads to changes something at most once. */
  readonly once?: Once | undefined
}

/** One request, however often it is sent. All but the caller are hashes, or sealed: nothing of the request is in them. */
export interface Once {
  /** Whose key it is: the same key of another caller is another key. */
  readonly caller: string
  readonly keyHash: string
  readonly requestHash: string
  /** The chance from which secrets of the answer are made, sealed. */
  readonly seed: string
  readonly at: number
}

/** A keyset page: `after` is the last key seen, as the store gave it. */
export interface PageRequest {
  readonly limit: number
  readonly after: string | null
}

export interface Page<Item> {
  readonly items: readonly Item[]
  /** Hand it in as `after` for the next page; null at the end. */
  readonly nextKey: string | null
  readonly total: { readonly value: number; readonly exact: boolean }
}
