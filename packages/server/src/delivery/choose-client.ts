import type { EpochMs } from '@octopus/kit/clock.ts'
import { pickIndex, type Random } from '@octopus/kit/random.ts'
import type { ClientId, SessionId } from '@octopus/protocol/ids.ts'
import type { Language } from '@octopus/protocol/work.ts'

import type { Placement, QueuedExecution } from '#executions/execution-store.ts'

/** A client that can take work now, as much of it as choosing needs. */
export interface Taker {
  readonly client: ClientId
  readonly session: SessionId
  readonly userId: string | null
  readonly freeSlots: number
  readonly languages: ReadonlySet<Language>
}

interface ChooseInput {
  readonly queued: readonly QueuedExecution[]
  readonly takers: readonly Taker[]
  /** The client of a user whose session began last. */
  readonly clientOfUser: ReadonlyMap<string, ClientId>
  readonly now: EpochMs
}

/**
 * Decides which queued execution goes to which client. `anyone` goes to one picked at random among the clients that have
 * a free slot and can run the language. Never more than a client's free slots.
 */
export function chooseClients(input: ChooseInput, random: Random): readonly Placement[] {
  const free = new Map(input.takers.map((taker) => [taker.client, taker.freeSlots]))
  const takers = new Map(input.takers.map((taker) => [taker.client, taker]))
  const placements: Placement[] = []
  /** Those that have room still: a thousand executions for anyone do not ask each of a thousand full clients. */
  let open = input.takers.filter(({ freeSlots }) => freeSlots > 0)
  for (const execution of input.queued) {
    const candidates = candidatesFor(execution, input, { takers, open }).filter((taker) =>
      canTake(taker, execution, input.now, free),
    )
    // Somebody else, where there is somebody: what failed here may do well there.
    const fresh = candidates.filter(({ client }) => !execution.tried.includes(client))
    const choice = fresh.length > 0 ? fresh : candidates
    const taker = choice[pickIndex(random, choice.length)]
    if (!taker) continue
    const left = (free.get(taker.client) ?? 0) - 1
    free.set(taker.client, left)
    if (left === 0) open = open.filter((other) => other !== taker)
    placements.push({ execution: execution.id, client: taker.client, session: taker.session })
  }
  return placements
}

function candidatesFor(
  { slot, onlyClient }: QueuedExecution,
  input: ChooseInput,
  { takers, open }: { readonly takers: ReadonlyMap<ClientId, Taker>; readonly open: readonly Taker[] },
): readonly Taker[] {
  if (onlyClient !== null) return takers.has(onlyClient) ? [takers.get(onlyClient) as Taker] : []
  if (slot.kind === 'any') return open
  const client = slot.kind === 'client' ? (slot.value as ClientId) : input.clientOfUser.get(slot.value)
  const taker = client === undefined ? undefined : takers.get(client)
  return taker ? [taker] : []
}

function canTake(taker: Taker, execution: QueuedExecution, now: EpochMs, free: ReadonlyMap<ClientId, number>): boolean {
  const avoided = execution.avoided.some(({ client, until }) => client === taker.client && until > now)
  const willNot = avoided || execution.rejectedBy.includes(taker.client)
  return (free.get(taker.client) ?? 0) > 0 && taker.languages.has(execution.language) && !willNot
}
