import type { Ms } from '@octopus/kit/clock.ts'
import { createTransport } from 'nodemailer'

/** A mail server that says nothing for so long is taken for gone; the message is tried again. */
const TIMEOUT_MS: Ms = 10_000

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
export async function sendMail({ url, from }: MailSettings, mail: Mail): Promise<void> {
  const transport = createTransport({ url, ...securityOf(new URL(url)), ...LIMITS })
  try {
    await transport.sendMail({
      from,
      to: [...mail.to],
      subject: mail.subject,
      text: mail.text,
      headers: { 'octopus-message': mail.id, 'auto-submitted': 'auto-generated' },
    })
  } catch (error) {
    const { code, responseCode } = error as { readonly code?: string; readonly responseCode?: number }
    const what = responseCode === undefined ? (code ?? 'unknown') : `${code ?? ''} ${responseCode}`.trim()
    throw new Error(`The mail server did not take it (${what}).`, { cause: error })
  } finally {
    transport.close()
  }
}

const LIMITS = {
  connectionTimeout: TIMEOUT_MS,
  greetingTimeout: TIMEOUT_MS,
  socketTimeout: TIMEOUT_MS,
  dnsTimeout: TIMEOUT_MS,
  // Texts are texts: no path and no address in them is ever opened.
  disableFileAccess: true,
  disableUrlAccess: true,
} as const

/** A password is said only behind TLS, except to this machine itself. */
function securityOf(url: URL): { readonly requireTLS: boolean } {
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  return { requireTLS: url.protocol === 'smtp:' && url.username !== '' && !isHere }
}
