import { sha256Hex } from '@octopus/kit/checksum.ts'
import type { Clock, EpochMs, Ms } from '@octopus/kit/clock.ts'
import type { Random } from '@octopus/kit/random.ts'
import { refusal } from '@octopus/protocol/errors.ts'
import { type Me, PASSWORD_CHARACTERS_MIN } from '@octopus/protocol/rest/users.ts'

import type { PasswordHash } from './password.ts'
import { csrfTokenOf, makeSecret } from './secret.ts'
import type { Caller, UserStore } from './user-store.ts'

/** Somebody who has not used the dashboard for so long signs in again. */
export const SESSION_IDLE_MS: Ms = 12 * 3_600_000
/** And everybody does after so long. */
export const SESSION_MS_MAX: Ms = 7 * 24 * 3_600_000

/** Tries that are counted per account, from whatever address. */
export interface Tries {
  /** Throws TOO_MANY_REQUESTS when there are none left. */
  take(key: string): void
  giveBack(key: string): void
}

export interface SignInNeeds {
  readonly store: Pick<
    UserStore,
    'readUser' | 'createWebSession' | 'endWebSession' | 'readSetupDone' | 'setUp' | 'useSignInLink'
  >
  readonly passwords: PasswordHash
  readonly tries: Tries
  readonly clock: Pick<Clock, 'wall'>
  readonly random: Random
}

/** A session that has just begun: its token goes into the cookie and is known to nobody else. */
export interface NewSession {
  readonly token: string
  readonly me: Me
}

/** Signs a user in. Whether the name exists cannot be told from the answer, nor from the time it takes. */
export async function signIn(
  needs: SignInNeeds,
  input: { readonly name: string; readonly password: string },
  oldSession: string | undefined,
): Promise<NewSession> {
  const { store, passwords, tries } = needs
  const account = input.name.toLowerCase()
  tries.take(account)
  const user = await store.readUser({ name: input.name })
  const fits = await passwords.verify(input.password, user?.passwordHash ?? null)
  const session = freshSession(needs)
  const caller = fits && user ? await store.createWebSession({ ...session.stored, user: user.name }) : null
  if (!caller) throw refusal('WRONG_PASSWORD')
  tries.giveBack(account)
  return begun(needs, session.token, caller, oldSession)
}

/** Signs a user in by a one-time link. */
export async function signInByLink(
  needs: SignInNeeds,
  token: string,
  oldSession: string | undefined,
): Promise<NewSession> {
  const session = freshSession(needs)
  const caller = await needs.store.useSignInLink({ ...session.stored, linkHash: sha256Hex(token) })
  if (!caller) throw refusal('WRONG_TOKEN')
  return begun(needs, session.token, caller, oldSession)
}

/** Makes the first administrator, once in the life of a store, with the token that the server printed. */
export async function setUp(
  needs: SignInNeeds,
  input: { readonly token: string; readonly name: string; readonly password: string },
): Promise<NewSession> {
  const { store, passwords } = needs
  if (await store.readSetupDone({})) throw refusal('SETUP_DONE')
  checkNewPassword(input.name, input.password)
  const session = freshSession(needs)
  const outcome = await store.setUp({
    ...session.stored,
    linkHash: sha256Hex(input.token),
    name: input.name,
    passwordHash: await passwords.hash(input.password),
  })
  if (outcome === 'already') throw refusal('SETUP_DONE')
  if (outcome === 'wrong-token') throw refusal('WRONG_TOKEN')
  if (outcome === 'name-taken') throw refusal('NAME_TAKEN', { what: 'user', name: input.name })
  const me: Me = { name: input.name, role: 'admin', by: 'session', csrfToken: csrfTokenOf(session.token) }
  return { token: session.token, me }
}

interface FreshSession {
  readonly token: string
  readonly stored: { readonly now: EpochMs; readonly sessionHash: string; readonly expiresAt: EpochMs }
}

function freshSession(needs: SignInNeeds): FreshSession {
  const { text, hash } = makeSecret(needs.random)
  const now = needs.clock.wall()
  return { token: text, stored: { now, sessionHash: hash, expiresAt: now + SESSION_MS_MAX } }
}

/** The session that the browser had before ends: signing in always changes the cookie. */
async function begun(
  needs: SignInNeeds,
  token: string,
  caller: Caller,
  oldSession: string | undefined,
): Promise<NewSession> {
  if (oldSession !== undefined) {
    await needs.store.endWebSession({ now: needs.clock.wall(), sessionHash: sha256Hex(oldSession) })
  }
  return { token, me: { name: caller.name, role: caller.role, by: 'session', csrfToken: csrfTokenOf(token) } }
}

/** Passwords that everybody tries first, long as they are. */
const COMMON = /^(?:(.)\1+|(?:password|passwort|octopus|qwertz|qwerty|admin|letmein|0123456789|1234567890)+[\d!.]*)$/i

/** Refuses a new password that would be guessed at once. */
export function checkNewPassword(name: string, password: string): void {
  const lower = password.toLowerCase()
  const isName = lower.replaceAll(name.toLowerCase(), '').length < PASSWORD_CHARACTERS_MIN / 2
  if (COMMON.test(lower) || isName) throw refusal('WEAK_PASSWORD')
}
