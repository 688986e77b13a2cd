import type { Clock } from '@octopus/kit/clock.ts'
import type { Log } from '@octopus/kit/log.ts'
import type { Output } from '@octopus/protocol/from-client.ts'
import type { Acknowledge } from '@octopus/protocol/from-server.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'

import { fenceText } from '#executions/fence.ts'
import type { ServerBus } from '#live/facts.ts'

import type { OutputStore } from './output-store.ts'
import type { WithheldOutput } from './withheld-output.ts'

export interface StoreOutputNeeds {
  readonly store: Pick<OutputStore, 'appendOutput'>
  readonly bus: Pick<ServerBus, 'publish'>
  readonly clock: Pick<Clock, 'wall'>
  readonly log: Log
  /** Whether the disk has room for output. */
  readonly hasRoom: () => boolean
  readonly withheld: Pick<WithheldOutput, 'hold'>
  /** HMAC by the server's key. */
  readonly prove: (text: string) => string
}

/**
 * Stores output that continues what is stored, and answers how far each attempt's is. Each chunk proves its hand-over,
 * so that no client writes into the output of another's execution.
 */
export async function storeOutput(
  { store, bus, clock, log, hasRoom, withheld, prove }: StoreOutputNeeds,
  client: ClientId,
  { chunks }: Output,
): Promise<Acknowledge['output']> {
  const proved = chunks.filter((chunk) => chunk.fenceProof === prove(fenceText({ ...chunk, client })))
  if (proved.length < chunks.length) log.warn('output refused', { client, chunks: chunks.length - proved.length })
  if (proved.length === 0) return []
  if (!hasRoom()) {
    withheld.hold(client, proved)
    return []
  }
  const stored = await store.appendOutput({ now: clock.wall(), chunks: proved })
  for (const { execution } of stored) bus.publish('output-stored', { execution })
  return [...stored]
}
