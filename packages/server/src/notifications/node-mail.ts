import type { Ms } from '@octopus/kit/clock.ts'
import { createTransport } from 'nodemailer'

/** A mail server that says nothing for so long is taken for gone; the message is tried again. */
const SILENT_MS: Ms = 10_000
/** All of one mail: a server that says one more word every few seconds would keep everybody's notifications waiting. */
const TIMEOUT_MS: Ms = 30_000

export interface MailSettings {
  /** `smtps://user:password@host:465`, `smtp://host:25` */
  readonly url: string
  readonly from: string
}

export interface Mail {
  readonly to: readonly string[]
  readonly subject: string
  readonly text: string
  readonly id: string
}

/** Sends plain text. Rejects with a sentence that holds no password. */
export async function sendMail(
  { url, from }: MailSettings,
  mail: Mail,
  { timeoutMs = TIMEOUT_MS, stop }: { readonly timeoutMs?: Ms | undefined; readonly stop?: AbortSignal | undefined },
): Promise<void> {
  const limit = AbortSignal.timeout(timeoutMs)
  const transport = createTransport({ url, ...securityOf(new URL(url)), ...LIMITS })
  try {
    await transport.sendMail({
      from,
      to: [...mail.to],
      subject: mail.subject,
      text: mail.text,
      headers: { 'octopus-message': mail.id, 'auto-submitted': 'auto-generated' },
      signal: stop === undefined ? limit : AbortSignal.any([limit, stop]),
    })
  } catch (error) {
    if (limit.aborted) throw new Error('The mail server did not take it in time.', { cause: error })
    const { code, responseCode } = error as { readonly code?: string; readonly responseCode?: number }
    const what = responseCode === undefined ? (code ?? 'unknown') : `${code ?? ''} ${responseCode}`.trim()
    throw new Error(`The mail server did not take it (${what}).`, { cause: error })
  } finally {
    transport.close()
  }
}

const LIMITS = {
  connectionTimeout: SILENT_MS,
  greetingTimeout: SILENT_MS,
  socketTimeout: SILENT_MS,
  dnsTimeout: SILENT_MS,
  // What was given up is not said goodbye to: its socket would hold the process that stops.
  socketCloseTimeout: 0,
  // Texts are texts: no path and no address in them is ever opened.
  disableFileAccess: true,
  disableUrlAccess: true,
} as const

/** A password is said only behind TLS, except to this machine itself. */
function securityOf(url: URL): { readonly requireTLS: boolean } {
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  return { requireTLS: url.protocol === 'smtp:' && url.username !== '' && !isHere }
}
