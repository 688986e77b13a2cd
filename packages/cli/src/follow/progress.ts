import type { Answer } from '@octopus/api-client/request.ts'
import type { Outcome } from '@octopus/protocol/work.ts'

import { EXIT } from '#exit-codes.ts'

type Run = Answer<'getRun'>
type Task = Answer<'getTask'>

const FINAL = ['succeeded', 'failed', 'timed-out', 'cancelled', 'expired', 'lost', 'skipped'] as const
const MOVING = ['running', 'assigned', 'disconnected', 'queued'] as const

/** `3/40 ended · 2 failed · 5 running · 32 queued` */
export function progressText({ counts, audienceSize, cancelRequestedAt }: Run): string {
  const ended = FINAL.reduce((sum, state) => sum + counts[state], 0)
  const bad = FINAL.filter((state) => state !== 'succeeded')
  const parts = [...bad, ...MOVING].flatMap((state) => (counts[state] > 0 ? [`${counts[state]} ${state}`] : []))
  const cancelling = cancelRequestedAt === null ? [] : ['cancelling']
  return [`${ended}/${audienceSize} ended`, ...parts, ...cancelling].join(' · ')
}

const ENDED: Readonly<Record<Outcome, string>> = {
  succeeded: 'succeeded',
  'partly-failed': 'failed in part',
  failed: 'failed',
  cancelled: 'was cancelled',
  expired: 'expired',
  skipped: 'was skipped',
}

/** A newer server may have outcomes that this command does not know: they are said as they are. */
const ended = (outcome: Outcome | null): string =>
  outcome === null ? 'has ended' : (ENDED[outcome] ?? `ended as ${outcome}`)

/** One sentence about the end. */
export function endText({ outcome, counts, note }: Run): string {
  const told = FINAL.flatMap((state) => (counts[state] > 0 ? [`${counts[state]} ${state}`] : []))
  const what = told.length > 0 ? ` (${told.join(', ')})` : ''
  return `The run ${ended(outcome)}${what}.${note === null ? '' : ` ${note}`}`
}

/** Why nothing moves, in the server's words; empty when something does. */
export function waitingText({ waitingFor }: Pick<Task, 'waitingFor'>): string {
  return waitingFor.map(({ text }) => text).join(' ')
}

/** One sentence about a task that ended and never had a run. */
export function neverRanText({ outcome }: Pick<Task, 'outcome'>): string {
  return `The task ${ended(outcome)} before it had a run.`
}

/** What a script goes by. */
export function exitCodeOf({ outcome }: Pick<Run, 'outcome'>): number {
  return outcome === 'succeeded' ? EXIT.done : EXIT.failed
}
