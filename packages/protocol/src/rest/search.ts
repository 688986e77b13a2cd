import { Type, type Static } from 'typebox'

import { OneOf, Strict } from '#schema.ts'

export const SEARCH_KINDS = ['task', 'plugin', 'client', 'user', 'run', 'execution'] as const
export type SearchKind = (typeof SEARCH_KINDS)[number]

/** Hits of one kind: who needs more has typed too little. */
export const SEARCH_HITS_DEFAULT = 8
export const SEARCH_HITS_MAX = 50
/** Longer than any name or id. */
export const SEARCH_CHARACTERS_MAX = 255

export const SearchQuerySchema = Strict({
  /** Part of a name, upper and lower case the same (of fewer than three characters: its beginning), or the beginning of an id. */
  q: Type.String({ minLength: 1, maxLength: SEARCH_CHARACTERS_MAX }),
  kind: Type.Optional(OneOf(SEARCH_KINDS)),
  /** Hits of each kind. */
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: SEARCH_HITS_MAX })),
})

export const SearchHitSchema = Strict({
  kind: OneOf(SEARCH_KINDS),
  /** Of a plugin or a user its name: that is what their routes take. */
  id: Type.String(),
  name: Type.String(),
  /** A second line in words, to tell hits of one name from each other. */
  detail: Type.String(),
})
export type SearchHit = Static<typeof SearchHitSchema>

export const SearchAnswerSchema = Strict({
  items: Type.Array(SearchHitSchema),
  /** Kinds with more hits than are shown. */
  more: Type.Array(OneOf(SEARCH_KINDS)),
})
