import type { Clock } from '@octopus/kit/clock.ts'
import type { ExecutionId } from '@octopus/protocol/ids.ts'
import { createFleet } from '@octopus/server/clients/fleet.ts'
import type { RunningServer } from '@octopus/server/compose.ts'
import { explainWhy } from '@octopus/server/why/why.ts'

/** Answers what an execution waits for, in a sentence; undefined if it does not wait any more. */
export type WhyWaiting = (id: ExecutionId) => Promise<string | undefined>

/** As the dashboard says it. */
export function createWhyWaiting({ store, engine }: RunningServer, clock: Clock): WhyWaiting {
  const { presence, brake } = engine
  const fleet = createFleet({ store, presence, clock })
  return async (id) => {
    const facts = await store.readWhy({ execution: id })
    if (facts.outcome !== 'found' || facts.execution?.state !== 'queued') return undefined
    const { client } = facts
    return explainWhy({
      ...facts,
      now: clock.wall(),
      braked: brake.isOn(),
      // It holds back new runs, and nothing that is queued.
      diskFull: false,
      clientContact: client === null ? 'none' : presence.contactOf(client.id),
      clientSlotsUsed: client === null ? 0 : presence.slotsUsed(client.id),
      fleet: await fleet(),
      output: null,
      heardAheadMs: null,
    }).summary
  }
}
