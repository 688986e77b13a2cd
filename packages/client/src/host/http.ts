import type { Clock, Ms } from '@octopus/kit/clock.ts'

import type { PostJson } from '#identity/enroll.ts'
import type { FetchPlugin } from '#plugins/sync.ts'

import { endpoint } from './socket-link.ts'

/** An answer, or the next part of one, that has not come by then will not come. */
const SILENCE_MS_MAX: Ms = 60_000
/** A line of 64 kbit/s that several downloads and the session share brings so many bytes a second of each, and more. */
const BYTES_PER_SECOND_MIN = 1_000
/**
 * The next session would begin on a connection that is kept. When the network has changed meanwhile (another address, a
 * router that has forgotten it), nobody answers there, and the PC would wait for that until its handshake is given up.
 */
const KEEP_NO_CONNECTION = { connection: 'close' } as const
/** An enrolment's answer is a few hundred bytes. */
const ANSWER_BYTES_MAX = 65_536

export function postJson(clock: Clock): PostJson {
  return (url, body, signal) =>
    inTime({ clock, signal, bytesMax: ANSWER_BYTES_MAX }, async (inner, heard) => {
      const response = await fetch(url, {
        method: 'POST',
        headers: { ...KEEP_NO_CONNECTION, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        // A redirect would carry the token to whoever answers there.
        redirect: 'error',
        signal: inner,
      })
      return { status: response.status, text: (await readAtMost(response, ANSWER_BYTES_MAX, heard)).toString() }
    })
}

/** The size is known before: a server, or somebody in between, that sends more is not read to the end. */
export function fetchPluginBy(serverUrl: string, clock: Clock): FetchPlugin {
  return ({ checksum, sizeBytes, downloadToken }, signal) =>
    inTime({ clock, signal, bytesMax: sizeBytes }, async (inner, heard) => {
      const response = await fetch(endpoint(serverUrl, `client/v1/plugins/${checksum}`), {
        headers: { ...KEEP_NO_CONNECTION, authorization: `Octopus-Session ${downloadToken}` },
        redirect: 'error',
        signal: inner,
      })
      if (response.status !== 200) {
        await response.body?.cancel()
        throw new Error(`the server answered ${response.status}`)
      }
      return readAtMost(response, sizeBytes, heard)
    })
}

async function readAtMost(response: Response, bytesMax: number, heard: () => void): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    heard()
    bytes += chunk.length
    if (bytes > bytesMax) throw new Error(`the server sent more than ${bytesMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

interface Patience {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly bytesMax: number
}

/** Gives up when nothing is heard for a while, or when all of it would take longer than the slowest line explains. */
async function inTime<T>(
  { clock, signal, bytesMax }: Patience,
  ask: (signal: AbortSignal, heard: () => void) => Promise<T>,
): Promise<T> {
  const done = new AbortController()
  const late = new AbortController()
  const endsAt = clock.monotonic() + SILENCE_MS_MAX + (bytesMax / BYTES_PER_SECOND_MIN) * 1_000
  let silentUntil = clock.monotonic() + SILENCE_MS_MAX
  const watch = async (): Promise<void> => {
    for (let left = SILENCE_MS_MAX; left > 0; left = Math.min(silentUntil, endsAt) - clock.monotonic()) {
      await clock.after(left, done.signal)
    }
    const why = silentUntil < endsAt ? `no answer within ${SILENCE_MS_MAX / 1_000} s` : 'the answer came too slowly'
    late.abort(new Error(why))
  }
  void watch().catch(() => {})
  try {
    return await ask(AbortSignal.any([signal, late.signal]), () => (silentUntil = clock.monotonic() + SILENCE_MS_MAX))
  } finally {
    done.abort(new Error('answered'))
  }
}
