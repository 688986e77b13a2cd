import type { Clock } from '@octopus/kit/clock.ts'

import { type MailSettings, sendMail } from './node-mail.ts'
import { postWebhook, type WebhookNeeds } from './node-webhook.ts'
import { mailText, type Sender, webhookText } from './sender.ts'
import { webhookProblem } from './webhook-address.ts'

export interface SenderNeeds extends Omit<WebhookNeeds, 'clock'> {
  readonly clock: Pick<Clock, 'wall'>
  readonly serverId: string
  /** Null: this server sends no e-mail. */
  readonly mail: MailSettings | null
  /** Where people reach the dashboard, for links; null: nobody has said. */
  readonly publicUrl: string | null
  /** Opens the secret of a target. */
  readonly unseal: (sealed: string) => string
}

const ADDRESS = /^[^\s@<>,;:"()[\]\\\p{Cc}]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9])?$/u

/** Sends to webhooks and by e-mail. */
export function createSender(needs: SenderNeeds): Sender {
  return {
    send: async (target, message, stop) => {
      if (target.kind === 'e-mail') {
        if (needs.mail === null) throw new Error('This server has no SMTP_URL.')
        const text = mailText(needs.publicUrl, message)
        const mail = { to: target.recipients, id: message.id, ...text }
        return sendMail(needs.mail, mail, { timeoutMs: needs.timeoutMs, stop })
      }
      const text = webhookText(needs.serverId, message)
      const secret = target.secret === null ? null : openSecret(needs, target.secret)
      return postWebhook(needs, { url: target.url ?? '', id: message.id, text, secret }, stop)
    },

    problems: ({ kind, url, recipients }) => {
      if (kind === 'webhook') {
        const problem = url === null ? 'is missing' : webhookProblem(url, needs.trusted)
        return [
          ...(problem === undefined ? [] : [{ field: 'url', message: problem }]),
          ...(recipients.length > 0 ? [{ field: 'recipients', message: 'belongs to an e-mail target' }] : []),
        ]
      }
      const wrong = recipients.findIndex((address) => !ADDRESS.test(address))
      return [
        ...(url === null ? [] : [{ field: 'url', message: 'belongs to a webhook' }]),
        ...(recipients.length === 0 ? [{ field: 'recipients', message: 'is missing' }] : []),
        ...(wrong === -1 ? [] : [{ field: `recipients.${wrong}`, message: 'must be an address like ann@example.com' }]),
        ...(needs.mail === null
          ? [{ field: 'kind', message: 'cannot be e-mail: this server has no SMTP_URL (docs/operating.md)' }]
          : []),
      ]
    },
  }
}

function openSecret({ unseal }: SenderNeeds, sealed: string): string {
  try {
    return unseal(sealed)
  } catch (error) {
    throw new Error('Its secret cannot be read (another key). Set the secret again.', { cause: error })
  }
}
