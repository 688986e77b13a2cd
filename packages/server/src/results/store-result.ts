import type { Clock } from '@octopus/kit/clock.ts'
import type { Result } from '@octopus/protocol/from-client.ts'
import type { Acknowledge } from '@octopus/protocol/from-server.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'

import type { ExecutionStore } from '#executions/execution-store.ts'
import { fenceText } from '#executions/fence.ts'
import type { ServerBus } from '#live/facts.ts'

export interface StoreResultNeeds {
  readonly store: Pick<ExecutionStore, 'storeResults'>
  readonly bus: Pick<ServerBus, 'publish'>
  readonly clock: Pick<Clock, 'wall'>
  /** HMAC by the server's key. */
  readonly prove: (text: string) => string
}

/** Whose results they are, by the connection and by nothing else. */
export interface Reporter {
  readonly client: ClientId
  readonly journalId: string
}

/**
 * Stores what a client reports, each result as applied, late, duplicate or refused, and answers for those that are
 * committed. What is not answered stays with the client.
 */
export async function storeResult(
  { store, bus, clock, prove }: StoreResultNeeds,
  { client, journalId }: Reporter,
  { journalSeq, results }: Result,
): Promise<Acknowledge['results']> {
  const stored = await store.storeResults({
    now: clock.wall(),
    client,
    journalId,
    journalSeq,
    results: results.map(({ cut, fenceProof, ...result }) => ({
      ...result,
      outputCut: cut.output,
      valueCut: cut.value,
      proved: fenceProof === prove(fenceText({ ...result, client })),
    })),
  })
  bus.publish('touched', stored.touched)
  if (stored.outcomes.some(({ code }) => code === 'future-fence')) bus.publish('future-fence', { client })
  return stored.outcomes.flatMap(({ key, disposition, code }) =>
    disposition === 'unanswered' ? [] : [{ ...key, disposition, code }],
  )
}
