import { present } from '@octopus/kit/assert.ts'
import type { Clock, Ms } from '@octopus/kit/clock.ts'
import type { Signal } from '@octopus/kit/signal.ts'

import type { OutputStore } from '#results/output-store.ts'
import type { AttemptEnd, RunnerEvents, RunnerPool, RunnerWork } from '#runner/runner.ts'

import { END_OF, type Attempt, wish } from './attempt.ts'
import { renewHold } from './self-fence.ts'

/** A shorter execution is reported by its result alone: one message and one write of the server less. */
const STARTED_AFTER_MS: Ms = 250

export interface StartNeeds {
  readonly clock: Clock
  readonly outputs: OutputStore
  readonly runnerPool: RunnerPool
  readonly resultBytesMax: number
  /** Woken at each start: the loop that watches the hold has something to watch. */
  readonly started: Signal
}

/**
 * Hands the attempt to a runner and waits for its end. Everything up to `runnerPool.start` runs in one step with the
 * look at the lease that came before it; where a process has to be started first, the look is repeated when it is ready.
 * `not-begun` if it may not start any more then, or if the PC lacks what a process takes.
 */
export async function start(needs: StartNeeds, attempt: Attempt): Promise<AttemptEnd | 'not-begun'> {
  const { clock, outputs } = needs
  outputs.open(attempt.key, attempt.item.fenceProof, attempt.custody)
  const ended = new AbortController()
  const events: RunnerEvents = {
    mayBegin: () => mayBegin(attempt),
    started: (at) => {
      attempt.phase = 'started'
      attempt.startedAt = at
      void clock.after(STARTED_AFTER_MS, ended.signal).then(
        () => attempt.custody.session?.outbox.started(attempt.key, at),
        () => {},
      )
    },
    output: (piece) => {
      outputs.add(attempt.key, piece)
      attempt.custody.session?.outbox.wake()
    },
    progress: (fraction, text) => attempt.custody.session?.outbox.progress(attempt.key, fraction, text),
  }
  const running = needs.runnerPool.start(workOf(attempt, needs.resultBytesMax), events)
  attempt.running = running
  attempt.custody.session?.outbox.accepted(attempt.key)
  renewHold(attempt)
  needs.started.wake()
  // A process can take a minute to start: longer than anybody wants the plugin to begin.
  const leftMs = attempt.item.startWithinMs - attempt.arrived.elapsed()
  void clock.after(leftMs, ended.signal).then(running.giveUp, () => {})
  try {
    const end = await running.ended
    if (end === 'not-begun' || 'lacks' in end) {
      attempt.running = undefined
      outputs.drop(attempt.key)
      // The PC may have it again soon, and others may have it now.
      if (end !== 'not-begun') wish(attempt, { kind: 'reject', reason: 'disk-full', detail: end.lacks })
      return 'not-begun'
    }
    // Whatever the runner calls it: what the client itself stopped was lost, not failed.
    const lost = end.reason === 'client-stopping' || end.reason === 'stopped-on-disconnect'
    return lost ? { ...end, end: END_OF[end.reason] } : end
  } finally {
    ended.abort(new Error('ended'))
  }
}

function mayBegin({ wish, arrived, item, custody }: Attempt): boolean {
  const inTime = arrived.elapsed() < item.startWithinMs
  return wish === undefined && inTime && custody.session?.mayStart() === true
}

function workOf({ key, item, source }: Attempt, resultBytesMax: number): RunnerWork {
  const { plugin, checksum, language, action, argsJson, kwargsJson, timeoutMs, outputBytesMax, onDisconnect } = item
  return {
    key,
    plugin,
    checksum,
    language,
    source: present(source, 'the verified source'),
    action,
    argsJson,
    kwargsJson,
    timeoutMs,
    outputBytesMax,
    resultBytesMax,
    onDisconnect,
  }
}
