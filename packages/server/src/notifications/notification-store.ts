import type { EpochMs } from '@octopus/kit/clock.ts'
import type { TaskId } from '@octopus/protocol/ids.ts'
import type { MessageState, NotificationEvent, TargetKind } from '@octopus/protocol/rest/notifications.ts'

import type { Actor, Page, PageRequest } from '#store/page.ts'

import type { MessageBody } from './notice.ts'

/** What somebody sets of a target. */
export interface TargetSettings {
  readonly name: string
  readonly url: string | null
  /** Sealed; null: what is sent is not signed. */
  readonly secret: string | null
  readonly recipients: readonly string[]
  readonly events: readonly NotificationEvent[]
  /** Only these tasks; null: all of them, and clients. */
  readonly tasks: readonly TaskId[] | null
  readonly enabled: boolean
}

export interface TargetRecord extends TargetSettings {
  readonly id: string
  readonly kind: TargetKind
  readonly lastSentAt: EpochMs | null
  readonly problem: string | null
  readonly revision: number
  readonly createdAt: EpochMs
  readonly createdBy: string
}

export interface MessageRecord {
  readonly id: string
  readonly target: { readonly id: string; readonly name: string }
  readonly state: MessageState
  readonly body: MessageBody
  readonly tries: number
  readonly problem: string | null
  readonly createdAt: EpochMs
  readonly triedFrom: EpochMs
  readonly nextTryAt: EpochMs | null
  readonly endedAt: EpochMs | null
}

export interface NotificationStore {
  createTarget(input: {
    readonly now: EpochMs
    readonly actor: Actor
    readonly kind: TargetKind
    readonly settings: TargetSettings
  }): Promise<{ readonly outcome: 'created'; readonly id: string } | { readonly outcome: 'too-many' }>
  changeTarget(input: {
    readonly now: EpochMs
    readonly actor: Actor
    readonly id: string
    readonly ifRevision: number
    readonly changes: Partial<TargetSettings>
  }): Promise<{ readonly outcome: 'changed' | 'not-found' } | { readonly outcome: 'stale'; readonly revision: number }>
  /** With all its messages. False: there is none. */
  deleteTarget(input: { readonly now: EpochMs; readonly actor: Actor; readonly id: string }): Promise<boolean>
  readTarget(input: { readonly id: string }): Promise<TargetRecord | null>
  listTargets(request: PageRequest): Promise<Page<TargetRecord>>

  /** Newest first. */
  listMessages(
    request: PageRequest & {
      readonly filter: { readonly state?: MessageState | undefined; readonly target?: string | undefined }
    },
  ): Promise<Page<MessageRecord>>
  readMessage(input: { readonly id: string }): Promise<MessageRecord | null>
  /** A dead message waits again, for another day. False: it is not dead. */
  retryMessage(input: { readonly now: EpochMs; readonly actor: Actor; readonly id: string }): Promise<boolean>

  /**
   * Turns what is to be told by now into messages, at most one for each target, and counts it as told, in one
   * transaction: nothing is told twice by this, and nothing is forgotten in a crash.
   */
  settleNotices(input: { readonly now: EpochMs }): Promise<{ readonly messages: number }>
  /**
   * The wall clock may have been set back: nothing waits longer than it would if it had happened, or had been tried, now.
   */
  shortenWaits(input: { readonly now: EpochMs }): Promise<void>
  /** Of each target that is enabled, the oldest message whose next try is due. */
  readDueMessages(input: {
    readonly now: EpochMs
    readonly limit: number
  }): Promise<readonly { readonly message: MessageRecord; readonly target: TargetRecord }[]>
  /** What became of a try. `nextTryAt` of a failure is null when it was the last. */
  recordTry(input: {
    readonly now: EpochMs
    readonly id: string
    readonly outcome:
      | { readonly sent: true }
      | { readonly sent: false; readonly problem: string; readonly nextTryAt: EpochMs | null }
  }): Promise<void>
}
