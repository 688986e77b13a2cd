import { isoOf, isoOrNull } from '@octopus/kit/instant.ts'

import type { MessageRecord, TargetRecord } from './notification-store.ts'
import { noticeAnswer } from './sender.ts'

/** A target as the API shows it: that it has a secret, never which. */
export function targetAnswer({ secret, lastSentAt, createdAt, ...target }: TargetRecord) {
  return {
    ...target,
    recipients: [...target.recipients],
    events: [...target.events],
    tasks: target.tasks === null ? null : [...target.tasks],
    signed: secret !== null,
    lastSentAt: isoOrNull(lastSentAt),
    createdAt: isoOf(createdAt),
  }
}

export function messageAnswer(message: MessageRecord) {
  const { id, target, state, body, tries, problem } = message
  return {
    id,
    target,
    state,
    notices: body.notices.map(noticeAnswer),
    more: body.more,
    tries,
    problem,
    createdAt: isoOf(message.createdAt),
    nextTryAt: isoOrNull(message.nextTryAt),
    endedAt: isoOrNull(message.endedAt),
  }
}
