import type { Clock, Ms } from '@octopus/kit/clock.ts'

import type { PostJson } from '#identity/enroll.ts'
import type { FetchPlugin } from '#plugins/sync.ts'

import { endpoint } from './socket-link.ts'

/** An answer that has not come by then will not come. */
const ANSWER_MS_MAX: Ms = 60_000
/**
 * The next session would begin on a connection that is kept. When the network has changed meanwhile (another address, a
 * router that has forgotten it), nobody answers there, and the PC would wait for that until its handshake is given up.
 */
const KEEP_NO_CONNECTION = { connection: 'close' } as const
/** An enrolment's answer is a few hundred bytes. */
const ANSWER_BYTES_MAX = 65_536

export function postJson(clock: Clock): PostJson {
  return (url, body, signal) =>
    inTime(clock, signal, async (inner) => {
      const response = await fetch(url, {
        method: 'POST',
        headers: { ...KEEP_NO_CONNECTION, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        // A redirect would carry the token to whoever answers there.
        redirect: 'error',
        signal: inner,
      })
      return { status: response.status, text: (await readAtMost(response, ANSWER_BYTES_MAX)).toString() }
    })
}

/** The size is known before: a server, or somebody in between, that sends more is not read to the end. */
export function fetchPluginBy(serverUrl: string, clock: Clock): FetchPlugin {
  return ({ checksum, sizeBytes, downloadToken }, signal) =>
    inTime(clock, signal, async (inner) => {
      const response = await fetch(endpoint(serverUrl, `client/v1/plugins/${checksum}`), {
        headers: { ...KEEP_NO_CONNECTION, authorization: `Octopus-Session ${downloadToken}` },
        redirect: 'error',
        signal: inner,
      })
      if (response.status !== 200) {
        await response.body?.cancel()
        throw new Error(`the server answered ${response.status}`)
      }
      return readAtMost(response, sizeBytes)
    })
}

async function readAtMost(response: Response, bytesMax: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > bytesMax) throw new Error(`the server sent more than ${bytesMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

async function inTime<T>(clock: Clock, signal: AbortSignal, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const done = new AbortController()
  const late = new AbortController()
  void clock.after(ANSWER_MS_MAX, done.signal).then(
    () => late.abort(new Error(`no answer within ${ANSWER_MS_MAX / 1_000} s`)),
    () => {},
  )
  try {
    return await ask(AbortSignal.any([signal, late.signal]))
  } finally {
    done.abort(new Error('answered'))
  }
}
