import type { SearchKind } from '@octopus/protocol/rest/search.ts'

export interface SearchHitRecord {
  readonly id: string
  readonly name: string
  /** What tells hits of one name from each other, in words. */
  readonly detail: string
}

/** What of one kind was found, the likeliest first, and whether there is more of it. */
export interface SearchFound {
  readonly kind: SearchKind
  readonly hits: readonly SearchHitRecord[]
  readonly more: boolean
}

export interface SearchStore {
  /**
   * Names that begin with the text, then names that contain it, upper and lower case the same; text of fewer than three
   * characters finds only beginnings. Text that can be the beginning of an id finds those too. Deleted things are not found.
   */
  search(input: {
    readonly text: string
    readonly kinds: readonly SearchKind[]
    readonly limit: number
  }): Promise<readonly SearchFound[]>
}
