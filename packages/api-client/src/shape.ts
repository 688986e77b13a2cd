/** One parameter of an operation, or one field of its body. */
export interface OperationField {
  readonly name: string
  /** `word`: one of `words`. `list`: texts (or words). `json`: anything else. */
  readonly kind: 'text' | 'word' | 'integer' | 'number' | 'boolean' | 'list' | 'json'
  readonly words?: readonly string[]
  readonly required?: true
  readonly nullable?: true
}

/** What an operation takes and how it answers, as plain data. */
export interface OperationShape {
  readonly about: string
  readonly access: string
  readonly params: readonly OperationField[]
  readonly query: readonly OperationField[]
  readonly body?: readonly OperationField[]
  /** The change must name the revision that it was made on. */
  readonly needsRevision: boolean
  /** Takes an `Idempotency-Key`, so that it may be sent again when no answer came. */
  readonly takesKey: boolean
  readonly answer: 'json' | 'page' | 'stream' | 'nothing'
}
