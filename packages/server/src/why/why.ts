import type { Ms } from '@octopus/kit/clock.ts'
import type { SkewSource } from '@octopus/protocol/rest/why.ts'

import type { ExecutionDetail } from '#executions/execution-store.ts'
import { isFinal } from '#executions/execution.ts'
import { isRejectedForNow } from '#executions/waiting.ts'

import { type ClockSkew, clockSkew } from './clock-skew.ts'
import { leftOut } from './left-out.ts'
import { endWords, lifeSteps } from './life.ts'
import { heldBack, noRun } from './of-task.ts'
import type { WhySnapshot } from './snapshot.ts'
import { type Step, step } from './step.ts'
import { notTargeted, runStep, targetedStep } from './targeting.ts'
import { lacksPlugin, waitingNow } from './waiting-now.ts'

export interface Explanation {
  readonly summary: string
  readonly steps: readonly Step[]
  readonly clockSkewMs: Ms | null
  readonly clockSkewFrom: SkewSource | null
}

/** Pure: the chain of facts that led an execution, or a client in a task, to where it is, and what can come next. */
export function explainWhy(snapshot: WhySnapshot): Explanation {
  const chain = chainOf(snapshot)
  const { run, task } = snapshot
  if (task === null) return chain
  const held =
    run === null ? [] : heldBack(snapshot).filter(({ code }) => !chain.steps.some((one) => one.code === code))
  const gap = leftOut(task)
  if (gap && run !== null && (gap.at ?? 0) < run.dueAt)
    return { ...after(chain, held), steps: [gap, ...chain.steps, ...held] }
  return after(chain, [...held, ...(gap ? [gap] : [])])
}

/** What came after the newest run is what somebody asks about who has waited for it. */
function after(chain: Explanation, more: readonly Step[]): Explanation {
  const summary = [chain.summary, ...more.map(({ text }) => text)].join(' ')
  return { ...chain, summary, steps: [...chain.steps, ...more] }
}

function chainOf(snapshot: WhySnapshot): Explanation {
  const skew = skewOf(snapshot)
  return { ...factsOf(snapshot), clockSkewMs: skew?.ms ?? null, clockSkewFrom: skew?.from ?? null }
}

/** Of the client whose times these are; of the one that is asked about, where they are nobody's. */
function skewOf({ execution, client, output, heardAheadMs: heard, now }: WhySnapshot): ClockSkew | null {
  const holder = execution?.client ?? null
  const endedAt = execution === null || execution.resultFence === null ? null : execution.endedAt
  const server = { assignedAt: execution?.assignedAt ?? null, endedAt, now }
  return clockSkew({ output, heardAheadMs: holder === null || holder === client?.id ? heard : null }, server)
}

function factsOf(snapshot: WhySnapshot): Pick<Explanation, 'summary' | 'steps'> {
  const { run, execution } = snapshot
  if (run === null) return summed(noRun(snapshot))
  const not = notTargeted(snapshot)
  if (execution === null) return summed([runStep(run), not ?? beingWritten(snapshot)])
  const chain = [
    targetedStep(run, execution),
    ...lifeSteps(execution, snapshot.handedBack),
    ...goesOn(execution, snapshot),
  ]
  return summed([runStep(run), ...(not ? [not] : []), ...chain], execution)
}

/** The one sentence: why not, else how it ended, else what it waits for. */
function summed(steps: readonly Step[], execution?: ExecutionDetail): Pick<Explanation, 'summary' | 'steps'> {
  const not = steps.find(({ state, code }) => state === 'never' && code !== 'handed-over')
  if (not) return { summary: not.text, steps }
  if (execution && isFinal(execution.state)) return { summary: endWords(execution), steps }
  const now = steps.filter(({ state }) => state === 'now').map(({ text }) => text)
  return { summary: now.join(' '), steps }
}

/** The planner writes the executions of a large run a slice at a time, and none while the disk is full. */
function beingWritten({ diskFull }: WhySnapshot): Step {
  if (!diskFull) return step('now', 'being-written', 'It belongs to the run, and its execution is about to be written.')
  const text = "It belongs to the run. The server's disk is full: its execution is written when there is room on it."
  return step('now', 'disk-full', text)
}

/** What it does at this moment, and what comes next at the latest. */
function goesOn(execution: ExecutionDetail, snapshot: WhySnapshot): readonly Step[] {
  const { state, assignedAt, startedAt, deadlineAt, cancelRequestedAt } = execution
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
        ...(execution.client === snapshot.client?.id ? lacksPlugin(execution, snapshot) : []),
        step('next', 'latest-start', `After this ${name} refuses to start it as too late.`, deadlineAt),
        end,
      ]
    case 'running':
      return [{ ...step('now', 'running', `It runs on ${name}.`, startedAt), clock: 'client' }, end]
    case 'queued':
      return [...waitingNow(execution, snapshot), ...nextAttempt(execution, snapshot), end]
    default:
      return [...waitingNow(execution, snapshot), end]
  }
}

/** From when on a next attempt may begin; a pause after a rejection is none before an attempt. */
function nextAttempt(execution: ExecutionDetail, snapshot: WhySnapshot): readonly Step[] {
  const { attempt, notBefore } = execution
  if (attempt === 1 || notBefore <= snapshot.now || isRejectedForNow(execution, snapshot.now)) return []
  const { workStopped, oldStore } = snapshot
  const but = workStopped
    ? ', but not while all work is stopped'
    : oldStore
      ? ', but not while nothing is handed out'
      : ''
  return [step('next', 'next-attempt', `Attempt ${attempt} may begin from then on${but}.`, notBefore)]
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
