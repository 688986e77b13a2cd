import { createHmac } from 'node:crypto'

import { sha256Hex } from '@octopus/kit/checksum.ts'
import { type Random, secretText } from '@octopus/kit/random.ts'

/** A secret as its owner gets it, and as it is stored. Random ones need no slow hash: nobody guesses 256 bits. */
export interface Secret {
  readonly text: string
  readonly hash: string
}

export function makeSecret(random: Random, prefix = ''): Secret {
  const text = prefix + secretText(random)
  return { text, hash: sha256Hex(text) }
}

/** API tokens begin so: people, logs and secret scanners recognise them. */
export const API_TOKEN_PREFIX = 'octo_'
/** So much of an API token is shown in lists, to tell one from the other. */
export const API_TOKEN_SHOWN = API_TOKEN_PREFIX.length + 6

/** What a page must send with every changing request: only who has the session can make it, and it gives nothing away. */
export function csrfTokenOf(sessionToken: string): string {
  return createHmac('sha256', sessionToken).update('octopus-csrf-1').digest('base64url')
}
