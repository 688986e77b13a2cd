import type { Clock } from '@octopus/kit/clock.ts'

import type { Journal } from '#results/journal.ts'
import type { OutputStore } from '#results/output-store.ts'
import type { Report } from '#results/report.ts'
import { soundResult } from '#results/sound-result.ts'
import type { AttemptEnd, StopReason } from '#runner/runner.ts'

import { END_OF, type Attempt } from './attempt.ts'
import type { Desk } from './desk.ts'

export interface FinishNeeds {
  readonly clock: Clock
  readonly desk: Desk
  readonly journal: Journal
  readonly outputs: OutputStore
  readonly report: Report
}

/** The attempt has ended and its processes are gone: result into the journal, then off the desk, then to the server. */
export async function finish(needs: FinishNeeds, attempt: Attempt, ended: AttemptEnd): Promise<void> {
  const { desk, journal, outputs, report } = needs
  desk.giveSlotBack(attempt)
  if (attempt.wish?.kind === 'drop') {
    journal.bury(attempt.key)
    outputs.drop(attempt.key)
    return desk.remove(attempt)
  }
  const output = outputs.state(attempt.key)
  const result = soundResult({
    ...attempt.key,
    fenceProof: attempt.item.fenceProof,
    ...ended,
    cut: { output: ended.cut.output || output.cut, value: ended.cut.value },
  })
  // While the disk refuses, the result waits here, and the inventory calls the attempt started.
  await journal.writeEnded(result, output.storedBytes)
  desk.remove(attempt)
  report.ended(attempt.key, attempt.custody)
  attempt.custody.session?.outbox.wake()
}

/** How an attempt ends that was stopped before its plugin ran. */
export function neverRan(clock: Clock, reason: StopReason): AttemptEnd {
  return {
    end: END_OF[reason],
    reason,
    valueJson: null,
    valueKind: 'json',
    error: null,
    startedAt: null,
    endedAt: clock.wall(),
    outputBytes: 0,
    cut: { output: false, value: false },
  }
}
