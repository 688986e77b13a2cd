import type { Ms } from '@octopus/kit/clock.ts'

import type { StoreRefusal } from '#store/store-refused.ts'

import type { ErrorData } from './error-data.ts'

/** What a thread of the store does. */
export type Role = 'writer' | 'reader' | 'output'

export interface WorkerSetup {
  readonly role: Role
  readonly folder: string
}

/** A call on its way: its number, its verb, its input. */
export type PostedCall = readonly [number: number, verb: string, input: unknown]
/** Its answer: either a value or an error. */
export type PostedAnswer = readonly [number: number, value: unknown, error: ErrorData | null]

/** What one transaction did. */
export interface Batch {
  readonly calls: number
  readonly tookMs: Ms
}

/** For the log: where, and what SQLite says. */
export interface Damage {
  readonly file: string
  readonly error: string
}

export type ToWorker =
  /** The thread has loaded its code while others opened their files; now it is its turn. */
  | { readonly kind: 'open' }
  | { readonly kind: 'calls'; readonly calls: readonly PostedCall[] }
  | { readonly kind: 'checkpoint' }
  | { readonly kind: 'close' }

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly reason: StoreRefusal | null; readonly message: string }
  | { readonly kind: 'answers'; readonly answers: readonly PostedAnswer[]; readonly batches: readonly Batch[] }
  /** Writes that follow from reads, for the writer. */
  | { readonly kind: 'follow-ups'; readonly calls: readonly { readonly verb: string; readonly input: object }[] }
  | { readonly kind: 'fatal'; readonly message: string }
  /** The file of output is damaged; the store goes on. */
  | { readonly kind: 'damaged'; readonly damage: Damage }
