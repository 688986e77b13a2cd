import type { EpochMs, Ms } from '@octopus/kit/clock.ts'
import type { ClientId, RunId, TaskId } from '@octopus/protocol/ids.ts'
import type { NotificationEvent } from '@octopus/protocol/rest/notifications.ts'

/** What happened, how often, in one run or to one client. */
export interface Notice {
  readonly event: NotificationEvent
  readonly count: number
  readonly firstAt: EpochMs
  readonly lastAt: EpochMs
  readonly task: { readonly id: TaskId; readonly name: string } | null
  readonly run: RunId | null
  /** Null with `client-vanished`: many vanished together. */
  readonly client: { readonly id: ClientId; readonly name: string } | null
  readonly execution: string | null
}

/** What one message tells. */
export interface MessageBody {
  readonly notices: readonly Notice[]
  /** Notices that did not fit. */
  readonly more: number
}

/** A note that has not been told, as far as the decision needs it. */
export interface Untold {
  readonly event: NotificationEvent
  readonly firstAt: EpochMs
  readonly told: number
  readonly toldAt: EpochMs | null
  /** Nothing more will come: the run is completed. */
  readonly isOver: boolean
}

/** Failures of one run come close together: they are collected for so long before the first message. */
export const COLLECT_MS: Ms = 60_000
/** A run that goes on and on is told of again after this, unless it ends. */
export const AGAIN_MS: Ms = 3_600_000
/** A PC that is back by then was only started again, or its user walked to another room. */
export const VANISHED_MS: Ms = 300_000

/** Pure: from when on it is to be told. One message when a run ends; earlier and in between when it takes long. */
export function tellAt(note: Untold): EpochMs {
  if (note.isOver) return note.firstAt
  if (note.told === 0 || note.toldAt === null) return note.firstAt + COLLECT_MS
  return note.toldAt + AGAIN_MS
}

/** More than these vanish together when a switch fails or an office goes dark: then their number says more than names. */
export const VANISHED_NAMED_MAX = 10

/** Pure: clients that vanished, each by its name, or all as one notice. `named` are the first of them. */
export function vanishedNotices(
  named: readonly {
    readonly client: NonNullable<Notice['client']>
    readonly firstAt: EpochMs
    readonly lastAt: EpochMs
  }[],
  all: { readonly count: number; readonly firstAt: EpochMs; readonly lastAt: EpochMs },
): readonly Notice[] {
  const about = { event: 'client-vanished', task: null, run: null, execution: null } as const
  if (all.count > VANISHED_NAMED_MAX) return [{ ...about, ...all, client: null }]
  return named.map((one) => ({ ...about, ...one, count: 1 }))
}

/** After so long a message is given up, and shown as dead. */
const GIVE_UP_MS: Ms = 86_400_000
/** Waits between tries; the last one repeats. */
export const WAITS_MS: readonly Ms[] = [10_000, 30_000, 60_000, 300_000, 900_000, 1_800_000, 3_600_000]

/** Pure: when a message whose try has just failed is tried again; null: it is given up. */
export function nextTry(message: {
  readonly tries: number
  readonly triedFrom: EpochMs
  readonly now: EpochMs
}): EpochMs | null {
  const wait = WAITS_MS[Math.min(Math.max(message.tries, 1), WAITS_MS.length) - 1] ?? 0
  const at = message.now + wait
  return at > message.triedFrom + GIVE_UP_MS ? null : at
}

const WORDS: Readonly<Record<NotificationEvent, string>> = {
  failed: 'failed',
  'timed-out': 'timed out',
  expired: 'found nobody in time',
  lost: 'lost',
  'client-vanished': 'vanished',
}

/** Pure: one line of text for a notice. Names are other people's text: one line each, no control characters. */
export function lineOf(notice: Notice): string {
  if (notice.event === 'client-vanished' && !notice.client) return `${notice.count} clients vanished`
  if (notice.client) return `${plain(notice.client.name)} ${WORDS[notice.event]}`
  const name = notice.task ? plain(notice.task.name) : 'a task that is gone'
  return notice.count === 1 ? `${name}: ${WORDS[notice.event]}` : `${name}: ${notice.count} ${WORDS[notice.event]}`
}

/** Pure: a subject of an e-mail; the text of a chat message. */
export function headlineOf({ notices, more }: MessageBody): string {
  const [first] = notices
  if (!first) return 'Octopus: a test message'
  const others = notices.length - 1 + more
  return `Octopus: ${lineOf(first)}${others > 0 ? `, and ${others} more` : ''}`
}

function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, 100)
}
