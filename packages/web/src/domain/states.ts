import type { Answer } from '@octopus/api-client/request.ts'

import type { IconName } from '#ui/icon.tsx'
import type { Tone } from '#ui/tone.ts'

export type ExecutionState = Answer<'getExecution'>['state']
export type Outcome = NonNullable<Answer<'getRun'>['outcome']>
export type Counts = Answer<'getRun'>['counts']

/** How a state is told: always a word, an icon and a colour. */
export interface Look {
  readonly word: string
  readonly tone: Tone
  readonly icon: IconName
}

export const EXECUTION_LOOKS: Readonly<Record<ExecutionState, Look>> = {
  queued: { word: 'queued', tone: 'waiting', icon: 'clock' },
  assigned: { word: 'assigned', tone: 'waiting', icon: 'arrow' },
  running: { word: 'running', tone: 'active', icon: 'play' },
  disconnected: { word: 'disconnected', tone: 'warning', icon: 'unplug' },
  succeeded: { word: 'succeeded', tone: 'good', icon: 'check' },
  failed: { word: 'failed', tone: 'bad', icon: 'cross' },
  'timed-out': { word: 'timed out', tone: 'bad', icon: 'clock' },
  cancelled: { word: 'cancelled', tone: 'muted', icon: 'stop' },
  expired: { word: 'expired', tone: 'warning', icon: 'clock' },
  lost: { word: 'lost', tone: 'bad', icon: 'question' },
  skipped: { word: 'skipped', tone: 'muted', icon: 'skip' },
}

export const OUTCOME_LOOKS: Readonly<Record<Outcome, Look>> = {
  succeeded: EXECUTION_LOOKS.succeeded,
  'partly-failed': { word: 'partly failed', tone: 'warning', icon: 'alert' },
  failed: EXECUTION_LOOKS.failed,
  cancelled: EXECUTION_LOOKS.cancelled,
  expired: EXECUTION_LOOKS.expired,
  skipped: EXECUTION_LOOKS.skipped,
}

/** A newer server may know words that this page does not: they are shown as they are. */
const unknown = (word: string): Look => ({ word, tone: 'muted', icon: 'question' })

export function executionLook(state: ExecutionState, cancelling: boolean): Look {
  const look = EXECUTION_LOOKS[state]
  // Whether a state that nobody knows here is final, nobody knows either.
  if (look === undefined) return unknown(state)
  return cancelling && !isFinal(state) ? { word: 'cancelling', tone: 'warning', icon: 'stop' } : look
}

export function outcomeLook(outcome: Outcome): Look {
  return OUTCOME_LOOKS[outcome] ?? unknown(outcome)
}

export function runLook(run: Pick<Answer<'getRun'>, 'status' | 'outcome' | 'cancelRequestedAt' | 'counts'>): Look {
  if (run.status === 'completed') {
    return run.outcome === null ? { ...EXECUTION_LOOKS.succeeded, word: 'completed' } : outcomeLook(run.outcome)
  }
  if (run.status !== 'active') return unknown(run.status)
  if (run.cancelRequestedAt !== null) return executionLook('running', true)
  const moving = run.counts.running + run.counts.assigned
  return moving > 0 ? EXECUTION_LOOKS.running : { word: 'waiting', tone: 'waiting', icon: 'clock' }
}

export function taskLook(task: Pick<Answer<'getTask'>, 'status' | 'outcome' | 'paused'>): Look {
  if (task.status === 'completed') {
    return task.outcome === null ? { ...EXECUTION_LOOKS.succeeded, word: 'completed' } : outcomeLook(task.outcome)
  }
  if (task.paused) return { word: 'paused', tone: 'muted', icon: 'pause' }
  if (task.status === 'created') return { word: 'created', tone: 'waiting', icon: 'clock' }
  return task.status === 'active' ? { word: 'active', tone: 'active', icon: 'play' } : unknown(task.status)
}

export function clientLook(client: Pick<Answer<'getClient'>, 'status' | 'presence' | 'draining'>): Look {
  if (client.status === 'pending') return { word: 'waiting for approval', tone: 'warning', icon: 'question' }
  if (client.status === 'revoked') return { word: 'revoked', tone: 'muted', icon: 'stop' }
  if (client.status !== 'approved') return unknown(client.status)
  if (client.presence === 'offline') return { word: 'offline', tone: 'muted', icon: 'unplug' }
  if (client.draining) return { word: 'draining', tone: 'warning', icon: 'pause' }
  return client.presence === 'online' ? { word: 'online', tone: 'good', icon: 'check' } : unknown(client.presence)
}

const FINAL: readonly ExecutionState[] = ['succeeded', 'failed', 'timed-out', 'cancelled', 'expired', 'lost', 'skipped']

export function isFinal(state: ExecutionState): boolean {
  return FINAL.includes(state)
}

/** Done first, then what still moves, then what went wrong: the order of a strip and of a headline. */
export const STATE_ORDER: readonly ExecutionState[] = [
  'succeeded',
  'running',
  'assigned',
  'queued',
  'disconnected',
  'failed',
  'timed-out',
  'lost',
  'expired',
  'cancelled',
  'skipped',
]
