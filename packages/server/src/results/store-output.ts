import type { Clock } from '@octopus/kit/clock.ts'
import type { Output } from '@octopus/protocol/from-client.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'

import { fenceText } from '#executions/fence.ts'
import type { ServerBus } from '#live/facts.ts'

import type { OutputStore, TakenOutput } from './output-store.ts'
import { appendSound } from './sound-output.ts'
import type { WithheldOutput } from './withheld-output.ts'

export interface StoreOutputNeeds {
  readonly store: Pick<OutputStore, 'appendOutput'>
  readonly bus: Pick<ServerBus, 'publish'>
  readonly clock: Pick<Clock, 'wall'>
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
  { store, bus, clock, hasRoom, withheld, prove }: StoreOutputNeeds,
  client: ClientId,
  { chunks }: Output,
): Promise<TakenOutput> {
  const [proved, refused] = split(chunks, (chunk) => chunk.fenceProof === prove(fenceText({ ...chunk, client })))
  if (proved.length === 0) return { output: [], refused }
  if (!hasRoom()) {
    withheld.hold(client, proved)
    return { output: [], refused }
  }
  const stored = await appendSound(store, { now: clock.wall(), chunks: proved })
  for (const { execution } of stored) bus.publish('output-stored', { execution })
  return { output: [...stored], refused }
}

function split<T>(all: readonly T[], fits: (item: T) => boolean): readonly [T[], T[]] {
  const { yes = [], no = [] } = Object.groupBy(all, (item) => (fits(item) ? 'yes' : 'no'))
  return [yes, no]
}
