import type { Clock, Ms } from '@octopus/kit/clock.ts'
import type { Random } from '@octopus/kit/random.ts'

import { makeSecret } from './secret.ts'
import type { UserStore } from './user-store.ts'

interface LinkNeeds {
  readonly store: Pick<UserStore, 'createLink' | 'readSetupDone'>
  readonly clock: Pick<Clock, 'wall'>
  readonly random: Random
}

/** The first administrator is made in one sitting; a restart prints a new token. */
const SETUP_LINK_MS: Ms = 24 * 3_600_000
/** A link opens a browser that stands ready. */
const SIGN_IN_LINK_MS: Ms = 600_000

/** The token that makes the first administrator, for the console of the server; null once there was one. */
export async function makeSetupToken(needs: LinkNeeds): Promise<string | null> {
  if (await needs.store.readSetupDone({})) return null
  return makeLink(needs, 'setup', null, SETUP_LINK_MS)
}

/** A token that signs this user in once, for who sits at the server's console. */
export function makeSignInToken(needs: LinkNeeds, user: string): Promise<string> {
  return makeLink(needs, 'sign-in', user, SIGN_IN_LINK_MS)
}

async function makeLink(needs: LinkNeeds, kind: 'setup' | 'sign-in', user: string | null, ms: Ms): Promise<string> {
  const { text, hash } = makeSecret(needs.random)
  const now = needs.clock.wall()
  await needs.store.createLink({ now, hash, kind, user, expiresAt: now + ms })
  return text
}
