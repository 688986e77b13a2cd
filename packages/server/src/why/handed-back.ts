import { type ExecutionDetail, REJECTION_PAUSE_MS } from '#executions/execution-store.ts'
import { isFinal } from '#executions/execution.ts'

import { type Step, step } from './step.ts'
import type { HandedBack, WhyClient } from './why-store.ts'

/** Pure: a hand-over that came back not started. Who looks for the PC that refused finds it here, whoever had it then. */
export function handedBackSteps({
  name,
  reason,
  attempt,
  fence,
  assignedAt,
  pausedUntil,
}: HandedBack): readonly Step[] {
  const why = `it ${pausedUntil === null ? 'would not do it' : 'could not take it then'}${reason === null ? '' : ` (${reason})`}`
  // When a lasting rejection came is not stored; the pause after a passing one began when that came.
  const at = pausedUntil === null ? null : pausedUntil - REJECTION_PAUSE_MS
  if (fence === null || attempt === null) {
    return [step('done', 'handed-back', `It was handed to ${name}, which handed it back: ${why}.`, at)]
  }
  return [
    step('done', 'handed-over', `Attempt ${attempt} was handed to ${name}, with fence ${fence}.`, assignedAt),
    step('done', 'handed-back', `${name} handed it back: ${why}.`, at),
  ]
}

/** Pure: what a client that could have had an execution did with it instead, and who got it then; undefined: it has handed nothing back. */
export function handedBackBy(
  client: WhyClient,
  execution: ExecutionDetail,
  handedBack: readonly HandedBack[],
): string | undefined {
  const own = handedBack.filter((back) => back.client === client.id)
  // What it will never do says more than what it could not do once.
  const back = own.find(({ pausedUntil }) => pausedUntil === null) ?? own.at(-1)
  if (!back || (execution.client === null && !isFinal(execution.state))) return undefined
  const did = back.pausedUntil === null ? 'would not do it' : 'could not take it when it was handed to it'
  const reason = back.reason === null ? '' : ` (${back.reason})`
  const taker = execution.clientName ?? execution.client
  return `${client.name} ${did}${reason}, and ${taker === null ? 'nobody else did it' : `${taker} got it`}`
}
