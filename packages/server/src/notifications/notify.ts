import type { Clock, EpochMs, Ms } from '@octopus/kit/clock.ts'
import { firstOf } from '@octopus/kit/first-of.ts'
import type { Log } from '@octopus/kit/log.ts'

import { nextTry } from './notice.ts'
import type { MessageRecord, NotificationStore, TargetRecord } from './notification-store.ts'
import type { Sender } from './sender.ts'

export interface NotifyNeeds {
  readonly store: Pick<NotificationStore, 'settleNotices' | 'shortenWaits' | 'readDueMessages' | 'recordTry'>
  readonly sender: Pick<Sender, 'send'>
  readonly clock: Clock
  readonly log: Log
}

const ROUND_MS: Ms = 5_000
/** Targets that are sent to side by side: one that hangs costs the others a round, not their turn. */
const TARGETS_AT_ONCE = 100
const PROBLEM_CHARACTERS_MAX = 300

/** Turns what happened into messages and brings them to their targets, for as long as it takes. Work never waits for it. */
export async function notify(needs: NotifyNeeds, signal: AbortSignal): Promise<void> {
  const { store, clock, log } = needs
  let lastRoundAt: EpochMs = Infinity
  while (!signal.aborted) {
    let again = false
    try {
      const now = clock.wall()
      // Set back, for all that is known at the start: until it has caught up nobody would be told of anything from before.
      if (now < lastRoundAt) await store.shortenWaits({ now })
      lastRoundAt = now
      again = await round(needs, signal)
    } catch (error) {
      // The store is out; what is to be told stays in it.
      if (!signal.aborted) log.warn('notifications wait', { error: String(error) })
    }
    if (!again) await firstOf(signal, (either) => clock.after(ROUND_MS, either))
  }
}

/** One message to each target that has one due. True: some were taken, and more may wait. */
async function round({ store, sender, clock, log }: NotifyNeeds, signal: AbortSignal): Promise<boolean> {
  await store.settleNotices({ now: clock.wall() })
  const due = await store.readDueMessages({ now: clock.wall(), limit: TARGETS_AT_ONCE })
  const sent = await Promise.all(due.map((one) => deliver(one.message, one.target)))
  return sent.includes(true)

  async function deliver(message: MessageRecord, target: TargetRecord): Promise<boolean> {
    const { id, createdAt: at, body } = message
    try {
      await sender.send(target, { id, at, body }, signal)
    } catch (error) {
      // The server stops and waits for nobody: this was no fault of the target, and is due again after the start.
      if (signal.aborted) return false
      const problem = (error as Error).message.slice(0, PROBLEM_CHARACTERS_MAX)
      const now = clock.wall()
      const nextTryAt = nextTry({ tries: message.tries + 1, triedFrom: message.triedFrom, now })
      await store.recordTry({ now, id, outcome: { sent: false, problem, nextTryAt } })
      if (nextTryAt === null) log.warn('notification given up', { message: id, target: target.id, problem })
      return false
    }
    await store.recordTry({ now: clock.wall(), id, outcome: { sent: true } })
    return true
  }
}
