import type { Ms } from '@octopus/kit/clock.ts'
import type { Log } from '@octopus/kit/log.ts'
import type { Checksum } from '@octopus/protocol/ids.ts'
import type { Rejection } from '@octopus/protocol/work.ts'

import type { PluginState } from '#plugins/manifest.ts'
import type { AttemptEnd } from '#runner/runner.ts'

import type { Attempt } from './attempt.ts'
import { finish, neverRan, type FinishNeeds } from './finish.ts'
import { nextStep, type Step, type View } from './next-step.ts'
import type { SessionNotes } from './session-notes.ts'
import { start, type StartNeeds } from './start.ts'

export interface CarryOutNeeds extends FinishNeeds, StartNeeds {
  readonly log: Log
  readonly notes: SessionNotes
  readonly plugins: {
    stateOf(checksum: Checksum): PluginState
    /** Reads and verifies; undefined when the bytes on the disk are not the plugin's (they are fetched again). */
    load(checksum: Checksum): Promise<Buffer | undefined>
  }
}

/** The life of one attempt on this PC: looks, does one step, looks again, until it has ended. Never rejects. */
export async function carryOut(needs: CarryOutNeeds, attempt: Attempt): Promise<void> {
  try {
    while (!(await doStep(needs, attempt, nextStep(viewOf(needs, attempt)))));
  } catch (error) {
    needs.log.error('attempt-given-up', { ...attempt.key, error: String(error) })
    needs.desk.remove(attempt)
  }
}

function viewOf({ desk, plugins }: CarryOutNeeds, attempt: Attempt): View {
  return {
    phase: attempt.phase === 'held' ? 'held' : 'starting',
    wish: attempt.wish,
    waitedMs: attempt.arrived.elapsed(),
    startWithinMs: attempt.item.startWithinMs,
    olderLives: desk.of(attempt.key.execution).some((other) => other.key.fence < attempt.key.fence),
    plugin: plugins.stateOf(attempt.item.checksum),
    hasSlot: attempt.hasSlot,
    slotFree: desk.slotFree(),
    loaded: attempt.source !== undefined,
    permitted: attempt.custody.session?.mayStart() ?? false,
  }
}

/** Answers whether the attempt has ended. */
async function doStep(needs: CarryOutNeeds, attempt: Attempt, step: Step): Promise<boolean> {
  switch (step.do) {
    case 'wait':
      await changedWithin(needs, attempt, step.atMost)
      return false
    case 'take-slot':
      needs.desk.takeSlot(attempt)
      return false
    case 'load':
      attempt.source = await needs.plugins.load(attempt.item.checksum)
      // While it is fetched again, others may use the slot.
      if (attempt.source === undefined) needs.desk.giveSlotBack(attempt)
      return false
    case 'journal':
      return journal(needs, attempt)
    case 'start': {
      const ended = await startOrCrash(needs, attempt)
      if (ended === 'not-begun') return false
      await finish(needs, attempt, ended)
      return true
    }
    case 'end':
      await finish(needs, attempt, neverRan(needs.clock, step.reason))
      return true
    case 'reject':
      await reject(needs, attempt, step)
      return true
    case 'drop':
      if (attempt.phase === 'starting') await needs.journal.writeDropped(attempt.key)
      needs.desk.remove(attempt)
      return true
  }
}

async function changedWithin({ clock }: CarryOutNeeds, attempt: Attempt, ms: Ms): Promise<void> {
  const enough = new AbortController()
  try {
    await Promise.race([attempt.changed.woken(enough.signal), clock.after(ms, enough.signal)])
  } finally {
    enough.abort(new Error('enough waited'))
  }
}

async function journal(needs: CarryOutNeeds, attempt: Attempt): Promise<boolean> {
  try {
    await needs.journal.writeStarting(attempt.key, attempt.item.fenceProof)
    attempt.phase = 'starting'
    return false
  } catch (error) {
    await reject(needs, attempt, { reason: 'disk-full', detail: `the journal cannot be written: ${String(error)}` })
    return true
  }
}

/** First the journal forgets it, then the server hears it: the other way round a crash would report a start. */
async function reject(
  needs: CarryOutNeeds,
  attempt: Attempt,
  why: { readonly reason: Rejection; readonly detail: string },
): Promise<void> {
  if (attempt.phase === 'starting') await needs.journal.writeDropped(attempt.key)
  const session = attempt.custody.session
  needs.desk.remove(attempt)
  if (session) needs.notes.reject(session, attempt.key, { reason: why.reason, detail: why.detail })
}

/** A runner that cannot even be asked is an end like others. */
async function startOrCrash(needs: CarryOutNeeds, attempt: Attempt): Promise<AttemptEnd | 'not-begun'> {
  try {
    return await start(needs, attempt)
  } catch (error) {
    const message = String(error).slice(0, 1_000)
    return {
      ...neverRan(needs.clock, 'cancelled'),
      end: 'failed',
      reason: 'crashed',
      error: { message, type: 'RunnerError', stack: '' },
    }
  }
}
