import { fullJitter } from '@octopus/kit/backoff.ts'
import type { Clock } from '@octopus/kit/clock.ts'
import type { Files } from '@octopus/kit/files.ts'
import type { Log } from '@octopus/kit/log.ts'
import type { Random } from '@octopus/kit/random.ts'
import { EnrollAnswerSchema, unpackToken, type EnrollAnswer, type EnrollBody } from '@octopus/protocol/enroll.ts'
import type { Reported } from '@octopus/protocol/from-client.ts'
import { parser } from '@octopus/protocol/schema.ts'
import { OCTOPUS_VERSION } from '@octopus/protocol/version.ts'

import { writeIdentity, type StoredIdentity } from './identity-file.ts'
import type { KeyPair } from './key-pair.ts'

const parseAnswer = parser(EnrollAnswerSchema)

/** A server that is not up yet is asked again at this pace: the PC may have started first. */
const RETRY = { baseMs: 1_000, capMs: 30_000 } as const

/** Posts JSON; answers status and text. Rejects when the server cannot be reached. */
export type PostJson = (url: string, body: object, signal: AbortSignal) => Promise<{ status: number; text: string }>

export interface EnrollNeeds {
  readonly files: Files
  readonly folder: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly post: PostJson
  readonly keys: KeyPair
  readonly name: string
  readonly reported: Reported
  readonly token: string | undefined
  /** `SERVER_URL`; wins over the address in the token. */
  readonly serverUrl: string | undefined
}

/** First contact: brings the public key to the server and keeps what it answers. */
export async function enroll(needs: EnrollNeeds, signal: AbortSignal): Promise<StoredIdentity> {
  if (needs.token === undefined) {
    throw new Error(
      'This PC is not enrolled. Make a token on the dashboard (Clients, Connect a client) and run the command that it shows.',
    )
  }
  const parts = unpackToken(needs.token)
  if (parts === undefined) throw new Error('This is no enrolment token: it begins with "octo1.". Copy the whole token.')
  const serverUrl = needs.serverUrl ?? parts.server
  const answer = await ask(needs, `${serverUrl.replace(/\/+$/, '')}/client/v1/enroll`, parts.secret, signal)
  const identity = { clientId: answer.clientId, serverId: answer.serverId, serverUrl }
  await writeIdentity(needs.files, needs.folder, identity)
  needs.log.info('enrolled', { clientId: answer.clientId, server: serverUrl, status: answer.status })
  return identity
}

async function ask(needs: EnrollNeeds, url: string, secret: string, signal: AbortSignal): Promise<EnrollAnswer> {
  const { name, reported, keys } = needs
  const body: EnrollBody = { secret, publicKey: keys.publicKey, name, version: OCTOPUS_VERSION, reported }
  for (let tries = 0; ; tries++) {
    const problem = await needs.post(url, body, signal).then(
      ({ status, text }) => {
        if (status === 200 || status === 201) return { answer: answerOf(text, url) }
        const said = `${url} answered ${status}: ${detailOf(text)}`
        // What is wrong with the request stays wrong; a busy or broken server gets well.
        if (status < 500 && status !== 429) throw new Refused(said)
        return said
      },
      (error: unknown) => `${url} cannot be reached: ${error instanceof Error ? error.message : String(error)}`,
    )
    if (typeof problem !== 'string') return problem.answer
    if (tries === 0) needs.log.warn('enrolment-waits', { problem })
    await needs.clock.after(RETRY.baseMs + fullJitter(needs.random, tries, RETRY), signal)
  }
}

/** The server will not take this PC, however often it is asked. */
class Refused extends Error {
  override name = 'Refused'
}

function answerOf(text: string, url: string): EnrollAnswer {
  const parsed = parseAnswer(jsonOf(text))
  if (!parsed.ok) throw new Refused(`${url} is no Octopus server, or one of another version. Correct --server.`)
  return parsed.value
}

/** The `detail` of a problem document, which is written for people. */
function detailOf(text: string): string {
  const detail = (jsonOf(text) as { detail?: unknown } | undefined)?.detail
  return typeof detail === 'string' ? detail.slice(0, 500) : 'no reason given'
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
