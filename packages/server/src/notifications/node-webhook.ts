import { createHmac } from 'node:crypto'
import { lookup as resolveName } from 'node:dns/promises'
import { type ClientRequest, request as requestPlain } from 'node:http'
import { request as requestTls } from 'node:https'
import type { LookupFunction } from 'node:net'

import type { Clock, Ms } from '@octopus/kit/clock.ts'
import { WEBHOOK_BYTES_MAX } from '@octopus/protocol/limits.ts'
import { OCTOPUS_VERSION } from '@octopus/protocol/version.ts'

import { isPublicAddress, webhookProblem } from './webhook-address.ts'

/** A webhook that has not answered by then counts as failed; the message is tried again. */
const TIMEOUT_MS: Ms = 10_000
/** Of an answer only its status counts; more than this is not even read. */
const ANSWER_BYTES_MAX = 65_536

export interface WebhookNeeds {
  readonly clock: Pick<Clock, 'wall'>
  /** Hosts that may be private, and may be reached without TLS. */
  readonly trusted: ReadonlySet<string>
  readonly timeoutMs?: Ms | undefined
  /** All addresses of a name. Tests answer for names that there are not. */
  readonly resolve?: (host: string) => Promise<readonly string[]>
}

export interface Webhook {
  readonly url: string
  readonly id: string
  readonly text: string
  readonly secret: string | null
}

/**
 * Posts JSON. The name is resolved once and only addresses of the world are connected to; redirects are not followed;
 * nothing of this server's credentials goes along. Rejects with a sentence.
 */
export async function postWebhook(
  needs: WebhookNeeds,
  { url: address, id, text, secret }: Webhook,
  stop?: AbortSignal,
): Promise<void> {
  const wrong = webhookProblem(address, needs.trusted)
  if (wrong !== undefined) throw new Error(`The address ${wrong}.`)
  const url = new URL(address)
  const body = Buffer.from(text)
  if (body.length > WEBHOOK_BYTES_MAX) throw new Error(`The message has ${body.length} bytes, more than is sent.`)
  const limit = AbortSignal.timeout(needs.timeoutMs ?? TIMEOUT_MS)
  const signal = stop === undefined ? limit : AbortSignal.any([limit, stop])
  const seconds = Math.floor(needs.clock.wall() / 1_000)
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(body.length),
    'user-agent': `octopus/${OCTOPUS_VERSION}`,
    'octopus-message': id,
    ...(secret !== null && { 'octopus-signature': signatureOf(secret, seconds, text) }),
  }
  const options = { method: 'POST', headers, signal, agent: false, lookup: checkedLookup(needs) } as const
  const request = url.protocol === 'https:' ? requestTls(url, options) : requestPlain(url, options)
  try {
    judge(await statusOf(request, body))
  } catch (error) {
    if (limit.aborted) throw new Error('It did not answer in time.', { cause: error })
    throw error
  }
}

/** `t` is when it was signed, so that an old message cannot be sent again by somebody else. */
export function signatureOf(secret: string, seconds: number, text: string): string {
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${text}`).digest('hex')}`
}

function judge(status: number): void {
  if (status >= 200 && status < 300) return
  if (status >= 300 && status < 400) throw new Error(`It answered with a redirect (${status}), which is not followed.`)
  throw new Error(`It answered ${status}.`)
}

function statusOf(request: ClientRequest, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    request.once('error', (error: NodeJS.ErrnoException) => reject(new Error(sentenceOf(error), { cause: error })))
    request.once('response', (response) => {
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > ANSWER_BYTES_MAX) response.destroy()
      })
      response.on('error', () => {})
      response.once('close', () => resolve(response.statusCode ?? 0))
    })
    request.end(body)
  })
}

/** What is connected to is what was checked: a name cannot answer otherwise the second time. */
function checkedLookup({ trusted, resolve = allAddresses }: WebhookNeeds): LookupFunction {
  return (host, options, callback) => {
    void (async () => {
      try {
        const addresses = await resolve(host)
        const isTrusted = trusted.has(host.toLowerCase())
        const usable = isTrusted ? addresses : addresses.filter(isPublicAddress)
        // One private address among public ones is an attempt at something.
        if (usable.length === 0 || usable.length < addresses.length) throw new Error(PRIVATE)
        const found = usable.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
        if (options.all) callback(null, found)
        else callback(null, found[0]?.address ?? '', found[0]?.family)
      } catch (error) {
        callback(error as NodeJS.ErrnoException, '', 4)
      }
    })()
  }
}

const PRIVATE = 'It leads into a private network. Name the host in WEBHOOK_HOSTS if that is meant.'

async function allAddresses(host: string): Promise<readonly string[]> {
  return (await resolveName(host, { all: true })).map(({ address }) => address)
}

function sentenceOf(error: NodeJS.ErrnoException): string {
  if (error.message === PRIVATE) return PRIVATE
  return `It cannot be reached (${error.code ?? 'unknown'}).`
}
