import { fullJitter } from '@octopus/kit/backoff.ts'
import type { Ms } from '@octopus/kit/clock.ts'
import type { Random } from '@octopus/kit/random.ts'

import { talk, type TalkEnd, type TalkNeeds } from './talk.ts'

/** A fleet that lost its server at one instant comes back spread over the whole window. */
const RECONNECT = { baseMs: 500, capMs: 15_000 } as const
/**
 * Work that would have to be stopped makes it come back sooner: it tries once more before that, whenever the server
 * returns. But never so often that a fleet in need would knock down a server that is just getting up.
 */
const HURRY = { share: 1 / 4, capMs: 2_000 } as const

/** Says once, not every 15 seconds, what a person has to do. */
const REMEDIES: Readonly<Record<string, string>> = {
  'not-approved': 'An administrator has to approve this client on the dashboard. It waits.',
  'unknown-client':
    'The server does not know this client, or somebody has deleted it there. Within 30 days an administrator can restore it on the dashboard, and it goes on by itself; only if nobody will, remove its identity.json and start it with a new token.',
  'wrong-signature':
    'The key of this client is not the one it was enrolled with. Remove its identity.json and start it with a new token.',
  'duplicate-identity':
    'Another PC uses the key of this client. Remove client.key and identity.json on the copy and start it with a new token.',
  'protocol-unknown': 'Client and server are too far apart in version. Update the older one.',
}

/** Keeps one session alive after the other until the signal, or until the server revokes this client. */
export async function keepConnected(
  needs: TalkNeeds & {
    readonly random: Random
    /** How long it is until work has to be stopped because the server is not heard. */
    readonly firstStopInMs: () => Ms
  },
  signal: AbortSignal,
): Promise<'stopped' | 'revoked'> {
  let tries = 0
  let said = ''
  while (!signal.aborted) {
    const end = await talk(needs, signal)
    if (signal.aborted) break
    const code = end.refused?.code ?? end.why
    if (code === 'revoked') {
      needs.log.error('revoked', { reason: end.why })
      return 'revoked'
    }
    // A session that came as far as work says that the server is well.
    if (end.reached === 'ready') {
      tries = 0
      said = ''
    }
    if (code !== said) {
      needs.log.warn('session-ended', {
        why: end.why,
        reached: end.reached,
        code,
        remedy: REMEDIES[code] ?? 'It tries again.',
      })
    }
    said = code
    const wait = waitAfter(
      end,
      fullJitter(needs.random, tries++, { ...RECONNECT, capMs: capFor(needs.firstStopInMs()) }),
    )
    await needs.clock.after(wait, signal).catch(() => {})
  }
  return 'stopped'
}

/** Pure: the window over which a client comes back that has to stop work in so long. */
export function capFor(firstStopInMs: Ms): Ms {
  // What is stopped already needs no hurry any more.
  if (firstStopInMs <= 0) return RECONNECT.capMs
  return Math.min(RECONNECT.capMs, Math.max(HURRY.capMs, firstStopInMs * HURRY.share))
}

/** Longer than the jitter only when the server asks for it. */
function waitAfter(end: TalkEnd, jitterMs: Ms): Ms {
  if (end.reconnectAfterMs !== undefined) return end.reconnectAfterMs + jitterMs
  return Math.max(jitterMs, end.refused?.retryAfterMs ?? 0)
}
