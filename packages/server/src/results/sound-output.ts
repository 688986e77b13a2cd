import { OctopusError } from '@octopus/protocol/errors.ts'

import type { OutputStore, ReadOutput } from './output-store.ts'

type Append = OutputStore['appendOutput']

/**
 * Stores what can be stored. Output whose place in the file is damaged is not taken and not answered for, so its client
 * keeps it as it does while the disk is low, and all else that came with it goes on: a connection that was closed for it
 * would bring the same output again, in front of results.
 */
export async function appendSound(
  store: Pick<OutputStore, 'appendOutput'>,
  input: Parameters<Append>[0],
): ReturnType<Append> {
  try {
    return await store.appendOutput(input)
  } catch (error) {
    if (!isDamaged(error)) throw error
  }
  const groups = Object.values(Object.groupBy(input.chunks, ({ execution }) => execution))
  if (groups.length < 2) return []
  const stored = groups.map((chunks = []) => appendSound(store, { now: input.now, chunks }))
  return (await Promise.all(stored)).flat()
}

/** For those who only want to know how much there is: an execution can be looked at when its output cannot be read. */
export async function readSound(
  store: Pick<OutputStore, 'readOutput'>,
  input: Parameters<OutputStore['readOutput']>[0],
): Promise<ReadOutput> {
  try {
    return await store.readOutput(input)
  } catch (error) {
    if (!isDamaged(error)) throw error
    return { attempt: null, chunks: [], storedBytes: 0 }
  }
}

function isDamaged(error: unknown): boolean {
  return error instanceof OctopusError && error.code === 'OUTPUT_DAMAGED'
}
