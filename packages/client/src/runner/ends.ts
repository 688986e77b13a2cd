import type { Ms } from '@octopus/kit/clock.ts'
import type { End, EndReason } from '@octopus/protocol/work.ts'

import type { RunnerResult } from './messages.ts'
import type { ProcessEnd } from './runner-process.ts'
import type { AttemptEnd, StopReason } from './runner.ts'

/** What an end says, apart from times and output. */
export type EndFacts = Pick<AttemptEnd, 'end' | 'reason' | 'valueJson' | 'valueKind' | 'error'> & {
  readonly valueCut: boolean
}

const NO_VALUE = { valueJson: null, valueKind: 'json', valueCut: false } as const

/** The end that each reason to stop leads to. */
const ENDS_BY_STOP = {
  cancelled: 'cancelled',
  'timed-out': 'timed-out',
  'stopped-on-disconnect': 'lost',
  'client-stopping': 'lost',
} as const satisfies Record<StopReason, End>

/** Pure: the plugin ended by itself, before anybody asked it to stop. */
export function endByResult(result: RunnerResult): EndFacts {
  return {
    end: result.end,
    reason: result.reason,
    valueJson: result.value,
    valueKind: result.kind,
    error: result.error,
    valueCut: result.cut,
  }
}

/**
 * Pure: it was stopped, and the tree is gone. What the plugin still answered is kept: a value, or the traceback that
 * shows where it was when it was interrupted.
 */
export function endByStop(reason: StopReason, timeoutMs: number, result: RunnerResult | undefined): EndFacts {
  const message = stopMessage(reason, timeoutMs)
  const error = { message, type: '', stack: result?.error?.stack ?? '' }
  const value = result === undefined ? NO_VALUE : endByResult(result)
  return { ...NO_VALUE, ...value, end: ENDS_BY_STOP[reason], reason, error }
}

/** Pure: the process is gone without a result and nobody stopped it. */
export function endByDeath(death: ProcessEnd, wasReady: boolean, timeoutMs: Ms): EndFacts {
  if (death.fuse === 'hold') return endByStop('stopped-on-disconnect', timeoutMs, undefined)
  if (death.fuse === 'limit') return endByStop('timed-out', timeoutMs, undefined)
  const words = wasReady ? '' : `It had not begun. ${death.lastWords}`
  return endBy('crashed', `The plugin's process ended without a result: ${howItEnded(death)}. ${words}`.trim())
}

/** Pure: there is no program that could run the plugin. */
export function endByMissingRuntime(message: string): EndFacts {
  return endBy('runtime-missing', message)
}

function endBy(reason: EndReason, message: string): EndFacts {
  return { ...NO_VALUE, end: 'failed', reason, error: { message, type: '', stack: '' } }
}

function stopMessage(reason: StopReason, timeoutMs: number): string {
  switch (reason) {
    case 'cancelled':
      return 'It was cancelled.'
    case 'timed-out':
      return `It ran longer than its limit of ${timeoutMs / 1000} s and was stopped.`
    case 'stopped-on-disconnect':
      return 'The client had lost the server for so long that the execution was stopped.'
    case 'client-stopping':
      return 'The client was stopped while it ran.'
  }
}

/** The signals people meet; the numbers are the same on Linux and macOS except for SIGBUS. */
const SIGNALS: Readonly<Record<number, string>> = {
  4: 'SIGILL',
  6: 'SIGABRT',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  15: 'SIGTERM',
}

function howItEnded({ code, signal }: ProcessEnd): string {
  if (signal !== null) {
    const hint = signal === 9 ? ' (perhaps the memory was used up)' : ''
    return `signal ${SIGNALS[signal] ?? signal}${hint}`
  }
  return code === null ? 'it was killed' : `exit code ${code}`
}
