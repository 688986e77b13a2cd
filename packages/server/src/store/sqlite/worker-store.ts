import { refusal } from '@octopus/protocol/errors.ts'

import type { Store } from '#store/store.ts'

import { assembleStore } from './assemble.ts'
import type { VerbKind } from './kinds.ts'
import { Thread } from './thread.ts'
import type { Batch, Damage, Role } from './worker-messages.ts'

/** Writes between two checkpoints: often enough that the log stays small, seldom enough to cost nothing. */
const WRITES_PER_CHECKPOINT = 1_000

export interface WorkerStoreNeeds {
  readonly folder: string
  /** The store can promise nothing any more: the process must end, and the next start finds out what is on the disk. */
  readonly onFatal: (message: string) => void
  /** The file of output is damaged; at most once an hour. What stands on sound pages is still read and written. */
  readonly onDamaged?: (damage: Damage) => void
  /** A thread has committed a transaction; for measuring. */
  readonly onBatch?: (role: Role, batch: Batch) => void
}

export interface WorkerStore extends Store {
  /** Calls that wait for each thread. */
  waiting(): Readonly<Record<Role, number>>
}

/**
 * The store of a server: the loop that talks to clients never waits for a disk. One thread writes, one reads, one has
 * the output. Rejects with `StoreRefused` when it must not open.
 */
export async function openWorkerStore({
  folder,
  onFatal,
  onDamaged = () => {},
  onBatch,
}: WorkerStoreNeeds): Promise<WorkerStore> {
  const onFollowUps = (calls: readonly { readonly verb: string; readonly input: object }[]): void => {
    // Nobody waits for them, and they are made again when they fail.
    for (const { verb, input } of calls) writer.call(verb, input).catch(() => {})
  }
  const threadFor = (role: Role): Thread =>
    new Thread({ role, folder }, { onFatal, onDamaged, onFollowUps, onBatch: (batch) => onBatch?.(role, batch) })
  const writer = threadFor('writer')
  const reader = threadFor('reader')
  const output = threadFor('output')
  const others = [reader, output]
  try {
    // The writer first: it takes the lock, and makes the tables that the others need.
    await writer.open()
    await Promise.all(others.map((thread) => thread.open()))
  } catch (error) {
    await Promise.all([...others, writer].map((thread) => thread.end()))
    throw error
  }
  const threads: Readonly<Record<VerbKind, Thread>> = {
    write: writer,
    read: reader,
    'output-write': output,
    'output-read': output,
  }

  let writes = 0
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    await Promise.all(others.map((thread) => thread.idle()))
    await writer.idle()
    await Promise.all(others.map((thread) => thread.end()))
    await writer.end()
  }
  const store = assembleStore({
    submit: (kind, verb, input) => {
      if (closing) return Promise.reject(refusal('SHUTTING_DOWN'))
      if (kind === 'write') {
        writes += 1
        if (writes % WRITES_PER_CHECKPOINT === 0) output.checkpoint()
      }
      return threads[kind].call(verb, input)
    },
    close: () => (closing ??= close()),
  })
  return {
    ...store,
    waiting: () => ({ writer: writer.waiting, reader: reader.waiting, output: output.waiting }),
  }
}
