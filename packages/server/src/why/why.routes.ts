import type { Clock, EpochMs } from '@octopus/kit/clock.ts'
import { isoOrNull } from '@octopus/kit/instant.ts'
import { refusal } from '@octopus/protocol/errors.ts'
import type { Why } from '@octopus/protocol/rest/why.ts'

import type { Fleet } from '#clients/fleet.ts'
import type { BrakeLever } from '#delivery/brake.ts'
import type { Presence } from '#delivery/door.ts'
import type { ExecutionDetail } from '#executions/execution-store.ts'
import { byWallClock } from '#executions/wall-times.ts'
import type { Handlers } from '#http/route.ts'
import { readSound } from '#results/sound-output.ts'
import type { Store } from '#store/store.ts'

import type { OutputTimes } from './clock-skew.ts'
import type { WhyFacts } from './why-store.ts'
import { explainWhy } from './why.ts'

export interface WhyRouteNeeds {
  readonly store: Pick<Store, 'readWhy' | 'readOutput'>
  readonly clock: Pick<Clock, 'wall'>
  readonly steady: () => EpochMs
  readonly presence: Pick<Presence, 'contactOf' | 'slotsUsed' | 'clockAheadMs'>
  readonly brake: Pick<BrakeLever, 'isOn'>
  readonly diskFull: () => boolean
  readonly fleet: () => Promise<Fleet>
}

export function whyRoutes(needs: WhyRouteNeeds): Handlers<'whyExecution' | 'whyClient'> {
  return {
    whyExecution: async ({ params }) => {
      const question = { execution: params.id }
      const facts = await needs.store.readWhy(question)
      if (facts.outcome !== 'found') throw refusal('EXECUTION_NOT_FOUND', question)
      return answer(needs, facts)
    },

    whyClient: async ({ query }) => {
      const { task, client } = query
      const facts = await needs.store.readWhy({ task, client })
      if (facts.outcome === 'no-client') throw refusal('CLIENT_NOT_FOUND', { client })
      if (facts.outcome !== 'found') throw refusal('TASK_NOT_FOUND', { task })
      return answer(needs, facts)
    },
  }
}

async function answer(needs: WhyRouteNeeds, facts: WhyFacts): Promise<Why> {
  const { presence, brake, clock, steady, diskFull } = needs
  const { execution, client } = facts
  const looksForSomebody = execution?.state === 'queued' && execution.slot.kind !== 'client'
  const { steps, ...rest } = explainWhy({
    ...facts,
    execution: execution && byWallClock(execution, steady() - clock.wall()),
    now: clock.wall(),
    braked: brake.isOn(),
    diskFull: diskFull(),
    clientContact: client === null ? 'none' : presence.contactOf(client.id),
    clientSlotsUsed: client === null ? 0 : presence.slotsUsed(client.id),
    fleet: looksForSomebody ? await needs.fleet() : { members: [] },
    heardAheadMs: client === null ? null : (presence.clockAheadMs(client.id) ?? null),
    output: execution === null ? null : await outputTimes(needs.store, execution),
  })
  return { ...rest, steps: steps.map((one) => ({ ...one, at: isoOrNull(one.at) })) }
}

/**
 * The client's times of the first and the last output that this attempt has printed. What an earlier one left is read as
 * long as no newer one has printed, and says nothing of this hand-over.
 */
async function outputTimes(
  store: WhyRouteNeeds['store'],
  { id: execution, attempt }: ExecutionDetail,
): Promise<OutputTimes | null> {
  const first = await readSound(store, { execution, from: 0, limitBytes: 0 })
  const [begin] = first.chunks
  if (!begin || first.attempt !== attempt) return null
  const last = await readSound(store, { execution, from: Math.max(0, first.storedBytes - 1), limitBytes: 0 })
  const end = last.attempt === attempt ? last.chunks.at(-1) : undefined
  return { firstAt: begin.at, lastAt: end?.at ?? begin.at }
}
