import type { Ms } from '@octopus/kit/clock.ts'
import { isoOf } from '@octopus/kit/instant.ts'

import type { ExecutionDetail } from '#executions/execution-store.ts'
import { isFinal } from '#executions/execution.ts'
import { waitingFor } from '#tasks/waiting-for.ts'

import { clockSkew } from './clock-skew.ts'
import { endWords, lifeSteps } from './life.ts'
import type { WhySnapshot } from './snapshot.ts'
import { type Step, step } from './step.ts'
import { notTargeted, runStep, targetedStep } from './targeting.ts'
import { waitingNow } from './waiting-now.ts'

export interface Explanation {
  readonly summary: string
  readonly steps: readonly Step[]
  readonly clockSkewMs: Ms | null
}

/** Pure: the chain of facts that led an execution, or a client in a task, to where it is, and what can come next. */
export function explainWhy(snapshot: WhySnapshot): Explanation {
  const { run, execution } = snapshot
  if (run === null) return { ...summed(noRun(snapshot)), clockSkewMs: null }
  const not = notTargeted(snapshot)
  if (execution === null) return { ...summed([runStep(run), not ?? beingWritten()]), clockSkewMs: null }
  const chain = [targetedStep(run, execution), ...lifeSteps(execution), ...goesOn(execution, snapshot)]
  const steps = [runStep(run), ...(not ? [not] : []), ...chain]
  const { assignedAt, now } = { ...execution, ...snapshot }
  const endedAt = execution.resultFence === null ? null : execution.endedAt
  return { ...summed(steps, execution), clockSkewMs: clockSkew(snapshot.output, { assignedAt, endedAt, now }) }
}

/** The one sentence: why not, else how it ended, else what it waits for. */
function summed(steps: readonly Step[], execution?: ExecutionDetail): Pick<Explanation, 'summary' | 'steps'> {
  const not = steps.find(({ state, code }) => state === 'never' && code !== 'handed-over')
  if (not) return { summary: not.text, steps }
  if (execution && isFinal(execution.state)) return { summary: endWords(execution), steps }
  const now = steps.filter(({ state }) => state === 'now').map(({ text }) => text)
  return { summary: now.join(' '), steps }
}

function noRun(snapshot: WhySnapshot): readonly Step[] {
  const { task, now, workStopped, braked, oldStore } = snapshot
  if (task === null) return []
  const facts = { now, workStopped, braked, oldStore, rejections: [], fleet: { members: [] }, language: undefined }
  const reasons = waitingFor(task, facts).map(({ code, text, since }) => step('now', code, text, since))
  const next = task.pausedAt === null && task.nextRunAt !== null ? task.nextRunAt : null
  const never = task.status === 'completed' ? 'never' : 'now'
  return [
    step('done', 'task-created', `The task "${task.name}" was created by ${task.createdBy}.`, task.createdAt),
    ...(reasons.length > 0 ? reasons : [step(never, 'no-run', 'The task has had no run.')]),
    ...(next === null ? [] : [step('next', 'next-run', `Its next run is due at ${isoOf(next)}.`, next)]),
  ]
}

function beingWritten(): Step {
  return step('now', 'being-written', 'It belongs to the run, and its execution is about to be written.')
}

/** What it does at this moment, and what comes next at the latest. */
function goesOn(execution: ExecutionDetail, snapshot: WhySnapshot): readonly Step[] {
  const { state, assignedAt, startedAt, deadlineAt, notBefore, attempt, cancelRequestedAt } = execution
  if (isFinal(state)) return []
  const name = execution.clientName ?? execution.client ?? ''
  const end = lastStep(execution, snapshot)
  if (cancelRequestedAt !== null && (state === 'assigned' || state === 'running')) {
    const has = state === 'running' ? `${name} had started it` : `${name} has it`
    const text = `It is being cancelled: ${has}, and has not confirmed yet that nothing of it runs.`
    return [step('now', 'cancelling', text, cancelRequestedAt), end]
  }
  switch (state) {
    case 'assigned':
      return [
        step('now', 'not-started-yet', `${name} has it, and has not said yet that it started.`, assignedAt),
        step('next', 'latest-start', `After this ${name} refuses to start it as too late.`, deadlineAt),
        end,
      ]
    case 'running':
      return [{ ...step('now', 'running', `It runs on ${name}.`, startedAt), clock: 'client' }, end]
    case 'queued': {
      const pause = attempt > 1 && notBefore > snapshot.now
      const again = `Attempt ${attempt} may begin from then on.`
      return [
        ...waitingNow(execution, snapshot),
        ...(pause ? [step('next', 'next-attempt', again, notBefore)] : []),
        end,
      ]
    }
    default:
      return [...waitingNow(execution, snapshot), end]
  }
}

/** The time at which the server alone makes it final. */
function lastStep(execution: ExecutionDetail, { braked }: WhySnapshot): Step {
  const { state, attempt, attempts, endsAtLatest, cancelRequestedAt } = execution
  const last = (text: string): Step => step('next', 'ends-at-latest', text, endsAtLatest)
  switch (state) {
    case 'queued': {
      const earlier = attempts.at(-1)
      return attempt > 1 && earlier
        ? last(`At the latest then it ends as attempt ${earlier.attempt} ended: ${earlier.end}.`)
        : last('It expires then, unless a client has started it.')
    }
    case 'disconnected':
      if (cancelRequestedAt !== null) {
        return last('It counts as cancelled then, confirmed or not, unless its client has reported.')
      }
      return last(
        `It is lost then, or tried again if its retry says so, unless its client has reported.${braked ? ' While the brake is on, not even then.' : ''}`,
      )
    default:
      return last(
        `The server ends it alone then, as timed out, if no result has come.${braked ? ' If it stood still itself, it waits until the brake is off.' : ''}`,
      )
  }
}
