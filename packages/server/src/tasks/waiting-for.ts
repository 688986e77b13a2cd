import type { EpochMs } from '@octopus/kit/clock.ts'
import { isoOf } from '@octopus/kit/instant.ts'
import type { Language } from '@octopus/protocol/work.ts'

import type { Fleet, Member } from '#clients/fleet.ts'
import type { LastingRejection } from '#executions/execution-store.ts'

import type { TaskRecord } from './task.ts'

/** Why nothing moves, for people and for programs. */
export interface Waiting {
  readonly code:
    | 'paused'
    | 'work-stopped'
    | 'not-due'
    | 'no-client'
    | 'no-client-online'
    | 'no-client-of-user'
    | 'user-offline'
    | 'client-offline'
    | 'draining'
    | 'connecting'
    | 'no-runtime'
    | 'no-free-slot'
    | 'all-rejected'
    | 'brake'
    | 'old-store'
    | 'disk-full'
  readonly text: string
  readonly since: EpochMs
}

export interface WaitingFacts {
  readonly now: EpochMs
  readonly workStopped: boolean
  /** Too many clients have vanished at once: nothing is concluded from it. */
  readonly braked: boolean
  /** A client knows of hand-overs that this store does not: nothing goes out. */
  readonly oldStore: boolean
  /** The server's disk takes no new runs. */
  readonly diskFull: boolean
  /** Clients that will not do what is queued for anyone. */
  readonly rejections: readonly LastingRejection[]
  readonly fleet: Fleet
  /** Of the plugin; undefined if there is no such plugin any more. */
  readonly language: Language | undefined
}

type Waiter = Pick<
  TaskRecord,
  'status' | 'owner' | 'userName' | 'pausedAt' | 'counts' | 'nextRunAt' | 'startAt' | 'intervalMs' | 'createdAt'
>

/** Pure: why a task has not gone on; nothing for one that is done, or at work. */
export function waitingFor(task: Waiter, facts: WaitingFacts): readonly Waiting[] {
  const { counts, nextRunAt } = task
  if (task.status === 'completed') return []
  const isDue = nextRunAt !== null && nextRunAt <= facts.now && task.pausedAt === null
  const since = waitingSince(task, facts.now)
  if (facts.workStopped && (isDue || counts.queued > 0)) {
    return [{ code: 'work-stopped', text: 'All work is stopped. It goes on when an administrator resumes it.', since }]
  }
  if (facts.oldStore && counts.queued > 0) {
    const text = 'Nothing is handed out: a client knows of newer work than this server. Restore the newest backup.'
    return [{ code: 'old-store', text, since }]
  }
  const paused = whyPaused(task)
  const unplanned = facts.diskFull && isDue ? [{ ...NO_ROOM, since }] : []
  if (counts.queued > 0) {
    const reason = whyNobodyTakesIt(task, facts)
    return [...(reason ? [{ ...reason, since }] : []), ...unplanned, ...paused]
  }
  if (paused.length > 0) return paused
  if (facts.braked && counts.disconnected > 0) {
    const text = 'Its clients are out of contact, and the brake is on: nothing of it is lost or given to others yet.'
    return [{ code: 'brake', text, since }]
  }
  if (unplanned.length > 0) return unplanned
  const busy = counts.assigned + counts.running + counts.disconnected > 0
  if (nextRunAt === null || isDue || busy) return []
  return [{ code: 'not-due', text: `It waits for its time: ${isoOf(nextRunAt)}.`, since }]
}

const NO_ROOM = {
  code: 'disk-full',
  text: "The server's disk is full: no run begins until there is room on it.",
} as const

function whyPaused({ pausedAt }: Waiter): readonly Waiting[] {
  if (pausedAt === null) return []
  return [
    { code: 'paused', text: 'The task is paused: no further run is planned until it is resumed.', since: pausedAt },
  ]
}

/** Since its time came: the last occurrence, or its creation if that was later. */
function waitingSince(task: Waiter, now: EpochMs): EpochMs {
  const { nextRunAt, intervalMs, startAt, createdAt } = task
  const last = nextRunAt !== null && intervalMs !== null ? nextRunAt - intervalMs : (startAt ?? createdAt)
  return Math.max(createdAt, Math.min(now, last))
}

type Reason = Omit<Waiting, 'since'>

function whyNobodyTakesIt(task: Waiter, facts: WaitingFacts): Reason | undefined {
  const { members } = facts.fleet
  if (members.length === 0) return { code: 'no-client', text: 'No client is approved yet. Approve or enrol one.' }
  if (task.owner === 'user') {
    const user = task.userName ?? ''
    const own = members.filter((member) => member.user === user)
    if (own.length === 0) return { code: 'no-client-of-user', text: `No approved client belongs to ${user}.` }
    const online = own.filter((member) => member.online)
    if (online.length === 0) return { code: 'user-offline', text: `The PC of ${user} is off or not connected.` }
    const reason = whyNot(online.toSorted(bySession).slice(-1), facts)
    if (reason === undefined || online.length === 1) return reason
    return { ...reason, text: `Of ${user}'s PCs only the one that connected last is asked. ${reason.text}` }
  }
  if (!members.some(({ online }) => online)) return { code: 'no-client-online', text: 'No client is connected.' }
  if (task.owner === 'anyone') return whyNot(members, facts)
  // Of all: those that could have taken theirs, did.
  return members.every(({ online }) => online)
    ? whyNot(members, facts)
    : { code: 'client-offline', text: 'Some of its PCs are off or not connected.' }
}

function bySession(one: Member, other: Member): number {
  return (one.sessionBeganAt ?? 0) - (other.sessionBeganAt ?? 0)
}

/** Who could take it now. */
export function takersNow(
  members: readonly Member[],
  { language, rejections }: Pick<WaitingFacts, 'language' | 'rejections'>,
): readonly Member[] {
  return members.filter(
    ({ id, inTouch, draining, hasFreeSlot, languages }) =>
      inTouch &&
      !draining &&
      hasFreeSlot &&
      (language === undefined || languages.includes(language)) &&
      !rejections.some(({ client }) => client === id),
  )
}

/** Why none of those that are connected takes it. */
function whyNot(members: readonly Member[], facts: Pick<WaitingFacts, 'language' | 'rejections'>): Reason | undefined {
  const { language, rejections } = facts
  if (takersNow(members, facts).length > 0) return undefined
  const online = members.filter((member) => member.online)
  const ready = online.filter(({ draining }) => !draining)
  if (ready.length === 0) {
    return { code: 'draining', text: 'The connected clients get no new work (they are draining). Resume one.' }
  }
  const speaks = ({ languages }: Member): boolean => language === undefined || languages.includes(language)
  const rejected = ({ id }: Member): boolean => rejections.some(({ client }) => client === id)
  // Of a client that has never told its languages nothing is known yet.
  const coming = ready.filter((one) => !one.inTouch && (one.languages.length === 0 || speaks(one)) && !rejected(one))
  if (coming.length > 0 && !ready.some((one) => one.inTouch && speaks(one) && !rejected(one))) {
    const text = 'Whoever can do it is not connected just now, or has not said yet what it still has of its work.'
    return { code: 'connecting', text }
  }
  const able = ready.filter(speaks)
  if (able.length === 0) return { code: 'no-runtime', text: `No connected client can run ${language ?? ''} plugins.` }
  if (able.every(rejected)) {
    const why = rejections.map(({ name, reason }) => `${name} (${reason})`).join(', ')
    return { code: 'all-rejected', text: `Every connected client has rejected it: ${why}.` }
  }
  return { code: 'no-free-slot', text: 'Every client that can do it is busy. It starts when one has room.' }
}
