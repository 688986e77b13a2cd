import type { EpochMs } from '@octopus/kit/clock.ts'
import { isoOf, isoOrNull } from '@octopus/kit/instant.ts'
import { JsonText } from '@octopus/kit/json-text.ts'
import type { Execution, ExecutionItem } from '@octopus/protocol/rest/runs.ts'

import type { Presence } from '#delivery/door.ts'
import type { ReadOutput } from '#results/output-store.ts'

import type { EarlierAttempt, ExecutionDetail, ExecutionRecord, LateResult, StoredResult } from './execution-store.ts'
import { isFinal } from './execution.ts'
import { retryAnswer } from './retry.ts'
import { executionWaiting } from './waiting.ts'

type ExecutionAnswer = Omit<Execution, 'args' | 'kwargs'> & { readonly args: JsonText; readonly kwargs: JsonText }

/** One line of a list of executions. */
export function executionItem(execution: ExecutionRecord): ExecutionItem {
  const { client } = execution
  return {
    id: execution.id,
    run: execution.runId,
    task: { id: execution.taskId, name: execution.taskName },
    plugin: { name: execution.plugin, version: execution.pluginVersion, checksum: execution.checksum },
    action: execution.action,
    try: execution.try,
    slot: { ...execution.slot, label: execution.slotLabel },
    client: client === null ? null : { id: client, name: execution.clientName ?? client },
    state: execution.state,
    reason: execution.reason,
    attempt: execution.attempt,
    cancelRequestedAt: isoOrNull(execution.cancelRequestedAt),
    dueAt: isoOf(execution.dueAt),
    queuedAt: isoOf(execution.queuedAt),
    assignedAt: isoOrNull(execution.assignedAt),
    startedAt: isoOrNull(execution.startedAt),
    endedAt: isoOrNull(execution.endedAt),
    endsAtLatest: isoOrNull(execution.endsAtLatest),
  }
}

/** One execution with its arguments and results, as the text that is stored. */
export function executionAnswer(
  execution: ExecutionDetail,
  live: {
    readonly progress: ReturnType<Presence['progressOf']>
    readonly outputBytes: number
    readonly now: EpochMs
    readonly braked: boolean
  },
): ExecutionAnswer {
  return {
    ...executionItem(execution),
    retry: retryAnswer(execution.retry),
    onDisconnect: execution.onDisconnect,
    notBefore: execution.state === 'queued' && execution.attempt > 1 ? isoOf(execution.notBefore) : null,
    waitingFor: executionWaiting({ ...execution, lastEndedAt: execution.attempts.at(-1)?.endedAt ?? null }, live).map(
      ({ code, text, since }) => ({ code, text, since: isoOf(since) }),
    ),
    attempts: execution.attempts.map((attempt) => attemptAnswer(attempt)),
    args: new JsonText(execution.argsJson),
    kwargs: new JsonText(execution.kwargsJson),
    fence: execution.fence,
    progress: isFinal(execution.state) ? null : (live.progress ?? null),
    outputBytes: Math.max(live.outputBytes, execution.result?.outputBytes ?? 0),
    result: execution.result && resultAnswer(execution.result),
    lateResults: execution.lateResults.map((late) => lateAnswer(late)),
  }
}

function attemptAnswer(earlier: EarlierAttempt): Execution['attempts'][number] {
  const { attempt, fence, client, clientName, end, reason, proved, assignedAt, startedAt, endedAt, result } = earlier
  return {
    attempt,
    fence,
    client: { id: client, name: clientName },
    end,
    reason,
    proved,
    assignedAt: isoOrNull(assignedAt),
    startedAt: isoOrNull(startedAt),
    endedAt: isoOf(endedAt),
    result: result && resultAnswer(result),
  }
}

function lateAnswer(late: LateResult): Execution['lateResults'][number] {
  const { attempt, fence, end, reason, client, receivedAt } = late
  return { attempt, fence, end, reason, client, receivedAt: isoOf(receivedAt), result: resultAnswer(late) }
}

function resultAnswer(result: StoredResult): NonNullable<Execution['result']> {
  return {
    ...(result.valueJson !== null && { value: new JsonText(result.valueJson) }),
    kind: result.valueKind,
    error: result.error,
    cut: { output: result.outputCut, value: result.valueCut },
  }
}

/** Output and result come on separate ways; after so long nothing is under way any more. */
const OUTPUT_LATE_MS: EpochMs = 60_000

/** How far the output was read, and how far whose is stored. */
interface OutputRead extends Pick<ReadOutput, 'attempt' | 'storedBytes'> {
  readonly next: number
  readonly limitBytes: number
  readonly now: EpochMs
}

/** Whether everything that is kept of the output has been read, now and for ever. */
export function isOutputComplete(execution: ExecutionDetail, read: OutputRead): boolean {
  if (!isFinal(execution.state) || read.next < read.storedBytes) return false
  const expected = Math.min(execution.result?.outputBytes ?? 0, read.limitBytes)
  // An earlier attempt's, which is there until the last one's comes, does not stand in for it.
  const storedBytes = read.attempt === execution.attempt ? read.storedBytes : 0
  return storedBytes >= expected || read.now - (execution.endedAt ?? 0) > OUTPUT_LATE_MS
}
