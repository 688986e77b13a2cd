import { isoOf } from '@octopus/kit/instant.ts'
import type { Language } from '@octopus/protocol/work.ts'

import type { ExecutionDetail } from '#executions/execution-store.ts'
import { executionWaiting, isRejectedForNow } from '#executions/waiting.ts'
import { noCounts } from '#runs/run.ts'
import { takersNow, waitingFor } from '#tasks/waiting-for.ts'

import type { WhySnapshot } from './snapshot.ts'
import { type Step, step } from './step.ts'
import type { WhyClient } from './why-store.ts'

/** Pure: what an execution that is queued or out of contact waits for. */
export function waitingNow(execution: ExecutionDetail, snapshot: WhySnapshot): readonly Step[] {
  const lastEndedAt = execution.attempts.at(-1)?.endedAt ?? null
  const own = executionWaiting({ ...execution, lastEndedAt }, snapshot).map(({ code, text, since }) =>
    step('now', code, text, since),
  )
  if (execution.state !== 'queued') return own
  if (execution.cancelRequestedAt !== null) {
    const text = 'Its run was cancelled, and its turn to be comes in a moment.'
    return [step('now', 'cancelling', text, execution.cancelRequestedAt)]
  }
  const since = lastEndedAt ?? execution.queuedAt
  const stopped = nothingGoesOut(snapshot, since)
  if (stopped) return [stopped, ...own]
  const paused = pause(execution, snapshot, since)
  const lacks = paused.length > 0 ? lacksPlugin(execution, snapshot) : []
  const { whole, asked } = who(execution, snapshot)
  const refused = pauseOfAsked(execution, snapshot, since)
  const all = [...own, ...turn(snapshot, since), ...paused, ...lacks, ...whole]
  if (all.length > 0) return [...all, ...(paused.length > 0 ? [] : refused), ...asked]
  const text = 'Nothing stands in its way: it is handed over at the next look.'
  return [step('now', 'about-to-go', text, since), ...refused, ...asked]
}

/** Others may take it meanwhile; why the one that is asked about does not is still said of it. */
function pauseOfAsked(execution: ExecutionDetail, snapshot: WhySnapshot, since: number): readonly Step[] {
  const { client, now } = snapshot
  const own = execution.avoided.find((one) => one.client === client?.id && one.until > now)
  return own ? [rejectedForNow([own], own.until, since), ...lacksPlugin(execution, snapshot)] : []
}

function nothingGoesOut({ workStopped, oldStore }: WhySnapshot, since: number): Step | undefined {
  if (workStopped) {
    return step('now', 'work-stopped', 'All work is stopped. It goes on when an administrator resumes it.', since)
  }
  if (!oldStore) return undefined
  const text = 'Nothing is handed out: a client knows of newer work than this server. Restore the newest backup.'
  return step('now', 'old-store', text, since)
}

function turn({ behind }: WhySnapshot, since: number): readonly Step[] {
  if (behind === null) return []
  const text = `It waits until execution ${behind.execution} of run ${behind.run} has ended: it is ${behind.state}, and only one at a time may be in this slot.`
  return [step('now', 'earlier-run', text, since)]
}

/** A rejection in passing; a pause before a next attempt is said by what the execution itself waits for. */
function pause(execution: ExecutionDetail, snapshot: WhySnapshot, since: number): readonly Step[] {
  const { notBefore, avoided } = execution
  if (notBefore <= snapshot.now) return pauseOfAll(execution, snapshot, since)
  if (!isRejectedForNow(execution, snapshot.now)) return []
  const by = avoided.filter(({ until }) => until > snapshot.now)
  return [rejectedForNow(by, notBefore, since)]
}

/** Of those who could take what is for anyone, each has rejected it a moment ago. */
function pauseOfAll(execution: ExecutionDetail, { fleet, now }: WhySnapshot, since: number): readonly Step[] {
  if (execution.slot.kind !== 'any') return []
  const takers = takersNow(fleet.members, execution)
  const paused = execution.avoided.filter(({ client, until }) => until > now && takers.some(({ id }) => id === client))
  if (takers.length === 0 || paused.length < takers.length) return []
  return [rejectedForNow(paused, Math.min(...paused.map(({ until }) => until)), since)]
}

/** Of more clients the number says enough. */
const NAMES_MAX = 5

function rejectedForNow(by: ExecutionDetail['avoided'], again: number, since: number): Step {
  const names = by.slice(0, NAMES_MAX).map(({ name }) => name)
  const others = by.length > NAMES_MAX ? ` and ${by.length - NAMES_MAX} others` : ''
  const text = `${names.join(', ')}${others} could not take it a moment ago, and is asked again at ${isoOf(again)}.`
  return step('now', 'rejected-for-now', text, since)
}

/** Pure: the PC said last that it has not got this version; it takes what is handed to it, and rejects it in passing. */
export function lacksPlugin(execution: ExecutionDetail, { client, lacks }: WhySnapshot): readonly Step[] {
  if (client === null || lacks === null) return []
  const { plugin, pluginVersion } = execution
  // What is tried out has no version.
  const which = pluginVersion === null ? plugin : `version ${pluginVersion} of ${plugin}`
  const text = `${client.name} has not got ${which} yet: ${lacks}.`
  return [step('now', 'plugin-missing', text)]
}

interface Who {
  /** Why nobody takes it of those who could. */
  readonly whole: readonly Step[]
  /** Why the client that is asked about does not, where others may: that holds up nothing. */
  readonly asked: readonly Step[]
}

/** Who could take it, and why they do not. */
function who(execution: ExecutionDetail, snapshot: WhySnapshot): Who {
  const { slot, language, slotLabel, queuedAt, rejections } = execution
  const { client } = snapshot
  if (slot.kind === 'client') {
    return { whole: client === null ? [] : oneClient(client, language, snapshot, 'alone'), asked: [] }
  }
  const counts = { ...noCounts(), total: 1, queued: 1 }
  const waiter = { counts, nextRunAt: null, startAt: null, intervalMs: null, pausedAt: null, createdAt: queuedAt }
  const owner = slot.kind === 'user' ? 'user' : 'anyone'
  const facts = { ...snapshot, rejections: [], language }
  const reasons = waitingFor({ ...waiter, status: 'active', owner, userName: slotLabel }, facts)
  const whole = reasons.map(({ code, text, since }) => step('now', code, text, since))
  const one = client === null ? [] : oneClient(client, language, snapshot, 'among-others')
  const refused = rejections.find((rejection) => rejection.client === client?.id)
  const asked = [
    ...one.filter(({ code }) => !whole.some((reason) => reason.code === code)),
    ...(refused ? [step('now', 'rejected', `${refused.name} will not do it: ${refused.reason}.`)] : []),
  ]
  return { whole, asked }
}

/** Whether nobody else may get it: only then a client that is not there gets it later for sure. */
type Chance = 'alone' | 'among-others'

/** Why this client does not take it; nothing if it could. */
function oneClient(client: WhyClient, language: Language, snapshot: WhySnapshot, chance: Chance): readonly Step[] {
  const { name } = client
  const now = (code: string, text: string, at: number | null = null): readonly Step[] => [step('now', code, text, at)]
  const since = (became: WhyClient['history'][number]['became']): number | null =>
    client.history.findLast((event) => event.became === became)?.at ?? null
  if (client.deletedAt !== null) return now('deleted', `${name} is deleted and gets nothing.`, client.deletedAt)
  if (client.status === 'revoked') return now('revoked', `${name} is shut out and gets nothing.`, since('revoked'))
  if (client.status === 'pending') return now('not-approved', `${name} is not approved yet.`, client.createdAt)
  if (snapshot.clientContact === 'none') {
    const later = chance === 'alone' ? ' It gets it when it is back.' : ''
    return now('client-offline', `${name} is off or not connected.${later}`, client.lastSeenAt)
  }
  if (client.draining) {
    return now('draining', `${name} gets no new work (it is draining). Resume it.`, since('draining'))
  }
  if (client.slots === null) {
    const text = `${name} has not said yet what it can run, and how many at once; it is asked when it connects.`
    return now('not-said-yet', text)
  }
  if (snapshot.clientContact !== 'ready') {
    return now('connecting', connectingWords(name, snapshot.clientContact, chance))
  }
  if (!client.languages.includes(language)) return now('no-runtime', `${name} cannot run ${language} plugins.`)
  if (snapshot.clientSlotsUsed < client.slots) return []
  return now('no-free-slot', `${name} is busy: all of its ${client.slots} slots are taken.`)
}

/** Online, and still given nothing: hand-over asks only who is connected and has said what it has. */
function connectingWords(name: string, contact: 'closed' | 'settling', chance: Chance): string {
  const later = (words: string): string => (chance === 'alone' ? ` ${words}` : '')
  return contact === 'closed'
    ? `The connection of ${name} is closed, and its session not over yet.${later('It gets it when it is connected again.')}`
    : `${name} has connected, and is yet to say what it still has of its work.${later('It gets it after that.')}`
}
