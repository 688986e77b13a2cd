import type { EpochMs } from '@octopus/kit/clock.ts'
import { isoOf } from '@octopus/kit/instant.ts'
import { WEBHOOK_BYTES_MAX } from '@octopus/protocol/limits.ts'
import type { Notice as SentNotice } from '@octopus/protocol/rest/notifications.ts'

import { headlineOf, lineOf, type MessageBody, type Notice } from './notice.ts'
import type { TargetRecord } from './notification-store.ts'

/** A message on its way to one target. */
export interface Outgoing {
  readonly id: string
  readonly at: EpochMs
  readonly body: MessageBody
}

/**
 * Brings a message to a target, or gives it up: within half a minute, and at once when `stop` says so. Rejects with a
 * sentence for people; it may have arrived all the same.
 */
export interface Sender {
  send(target: TargetRecord, message: Outgoing, stop?: AbortSignal): Promise<void>
  /** What is wrong with what somebody sets of a target, by field; nothing: it can be sent to. */
  problems(target: Pick<TargetRecord, 'kind' | 'url' | 'recipients'>): readonly { field: string; message: string }[]
}

/** A notice as it leaves the server, in answers and in webhooks. */
export function noticeAnswer(notice: Notice): SentNotice {
  return { ...notice, firstAt: isoOf(notice.firstAt), lastAt: isoOf(notice.lastAt) }
}

/**
 * The JSON of a webhook. `text` is what chat programs show. Names of control characters take six bytes for each: notices
 * that do not fit are only counted, since one that is too long would be refused at every try, and take the others along.
 */
export function webhookText(serverId: string, { id, at, body }: Outgoing): string {
  const test = body.notices.length === 0
  const head = { id, at: isoOf(at), server: serverId, text: headlineOf(body), test }
  for (let left = 0; ; left++) {
    const notices = body.notices.slice(0, body.notices.length - left).map(noticeAnswer)
    const text = JSON.stringify({ ...head, notices, more: body.more + left })
    if (Buffer.byteLength(text) <= WEBHOOK_BYTES_MAX || notices.length === 0) return text
  }
}

/** Subject and text of an e-mail. */
export function mailText(publicUrl: string | null, { at, body }: Outgoing): { subject: string; text: string } {
  const { notices, more } = body
  const lines = notices.map((notice) => {
    const run = publicUrl !== null && notice.run !== null ? `\n  ${publicUrl}/dashboard/runs/${notice.run}` : ''
    const client = publicUrl !== null && notice.client ? `\n  ${publicUrl}/dashboard/clients/${notice.client.id}` : ''
    return `${lineOf(notice)} (last ${isoOf(notice.lastAt)})${run}${client}`
  })
  if (notices.length === 0) lines.push('This is a test. Messages of this server arrive here.')
  if (more > 0) lines.push(`… and ${more} more.`)
  return { subject: headlineOf(body), text: `${lines.join('\n\n')}\n\n-- \nOctopus, ${isoOf(at)}\n` }
}
