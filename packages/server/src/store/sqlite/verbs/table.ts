import type { VerbsOf } from '#store/sqlite/tx.ts'
import type { StoreVerbs } from '#store/store.ts'

/** Every verb of the port, as the core runs it. */
export const VERBS: Partial<VerbsOf<StoreVerbs>> = {}
