import { createHmac } from 'node:crypto'

import type { Clock } from '@octopus/kit/clock.ts'
import type { Random } from '@octopus/kit/random.ts'
import { invalidRequest, refusal } from '@octopus/protocol/errors.ts'
import { IDEMPOTENCY_KEY_CHARACTERS_MAX } from '@octopus/protocol/limits.ts'

import type { Once } from '#store/page.ts'
import type { OnceStore } from '#users/once-store.ts'
import { chanceFrom, deriveKey, seal, unseal } from '#users/sealed.ts'

import type { SignedIn } from './route.ts'

export interface RepeatNeeds {
  readonly store: Pick<OnceStore, 'readKept' | 'keepAnswer'>
  readonly clock: Pick<Clock, 'wall'>
  readonly random: Random
  /** The same after a restart. */
  readonly secret: string
}

/** An answer as it went out. */
export interface GivenAnswer {
  readonly text: string
  readonly headers: Readonly<Record<string, string>>
}

/** What makes two requests the same one, besides their caller and key. */
export interface Asked {
  readonly key: string
  /** Route, parameters and body, as text. */
  readonly request: string
}

type Answer = (caller: SignedIn) => Promise<GivenAnswer>
export interface Repeated extends GivenAnswer {
  /** It was given before. */
  readonly again: boolean
}

/** Carries out each request with an idempotency key once, and gives all repetitions the first answer. */
export type Repeats = (asked: Asked, caller: SignedIn, answer: Answer) => Promise<Repeated>

export function createRepeats({ store, clock, random, secret }: RepeatNeeds): Repeats {
  const underWay = new Map<string, { readonly requestHash: string; readonly given: Promise<GivenAnswer> }>()
  return async (asked, caller, answer) => {
    const who = `${caller.userId}/${caller.token ?? ''}`
    const keys = keysOf(secret, who, asked)
    const id = `${who} ${keys.keyHash}`
    const first = underWay.get(id)
    if (first !== undefined) {
      if (first.requestHash !== keys.requestHash) throw refusal('KEY_REUSED')
      return { ...(await first.given), again: true }
    }
    const work = async (): Promise<Repeated> => {
      const at = clock.wall()
      const kept = await store.readKept({ now: at, caller: who, keyHash: keys.keyHash })
      if (kept && kept.requestHash !== keys.requestHash) throw refusal('KEY_REUSED')
      if (kept?.answer) return { ...(JSON.parse(unseal(keys.seal, kept.answer)) as GivenAnswer), again: true }
      const seed = kept ? unseal(keys.seal, kept.seed) : random.bytes(32).toString('base64url')
      const { keyHash, requestHash } = keys
      const once: Once = { caller: who, keyHash, requestHash, at, seed: kept?.seed ?? seal(keys.seal, seed, random) }
      const given = await answer({ ...caller, once, chance: chanceFrom(Buffer.from(seed, 'base64url')) })
      await store.keepAnswer({ once, answer: seal(keys.seal, JSON.stringify(given), random) })
      return { ...given, again: kept !== null }
    }
    const given = work().finally(() => underWay.delete(id))
    underWay.set(id, { requestHash: keys.requestHash, given })
    return given
  }
}

/** All from the key, which is not stored: who reads the store finds neither a password of a body nor a token of an answer. */
function keysOf(secret: string, who: string, { key, request }: Asked) {
  const own = deriveKey(secret, JSON.stringify(['octopus-idempotency-1', who, key]))
  const mac = (purpose: string, text: string): string =>
    createHmac('sha256', own).update(`${purpose} ${text}`).digest('base64url')
  return { keyHash: mac('key', ''), requestHash: mac('request', request), seal: deriveKey(own, 'seal') }
}

const KEY = new RegExp(`^[\\x21-\\x7e]{1,${IDEMPOTENCY_KEY_CHARACTERS_MAX}}$`)

/** The header's value; undefined without one. */
export function idempotencyKeyOf(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined
  if (typeof header === 'string' && KEY.test(header)) return header
  const message = `must be 1 to ${IDEMPOTENCY_KEY_CHARACTERS_MAX} visible ASCII characters without blanks, such as a UUID`
  throw invalidRequest('header', [{ field: 'idempotency-key', message }])
}
