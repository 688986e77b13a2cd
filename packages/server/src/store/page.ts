/** Who does something: leaves its name in the audit trail. */
export interface Actor {
  readonly kind: 'user' | 'token' | 'client' | 'system'
  /** The user's name, `name/token`, the client's id, or the part of the server. */
  readonly name: string
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
