import type { DatabaseSync } from 'node:sqlite'

import type { Clock, EpochMs } from '@octopus/kit/clock.ts'
import type { IdMaker } from '@octopus/kit/ids.ts'
import { refusal } from '@octopus/protocol/errors.ts'

import { VERBS } from '#store/sqlite/verbs/table.ts'
import type { Store } from '#store/store.ts'

import { assembleStore } from './assemble.ts'
import { connect } from './connection.ts'
import { Core } from './core.ts'
import { damagedOutput } from './damaged-output.ts'
import { prepareFolder } from './folder.ts'
import type { VerbKind } from './kinds.ts'
import { MEMORY, openMain, openOutput } from './open.ts'

/** Two open databases. In the simulator they are the disk: they outlive the server that crashes. */
export interface LocalDatabases {
  readonly main: DatabaseSync
  readonly output: DatabaseSync
  close(): void
}

export function openMemoryDatabases(now: EpochMs): LocalDatabases {
  return closingBoth(openMain(MEMORY, now), openOutput(MEMORY, now))
}

/** The files of a data folder: what was committed is there when they are opened again. */
export function openFolderDatabases(folder: string, now: EpochMs): LocalDatabases {
  const { main, output } = prepareFolder(folder)
  return closingBoth(openMain(main, now), openOutput(output, now))
}

function closingBoth(main: DatabaseSync, output: DatabaseSync): LocalDatabases {
  return {
    main,
    output,
    close: () => {
      main.close()
      output.close()
    },
  }
}

export interface LocalStore extends Store {
  /** The process dies: what was not committed is not, and nobody who waits will ever hear of it. */
  crash(): void
}

export interface LocalNeeds {
  /** Stay open when the store is closed. */
  readonly databases: LocalDatabases
  readonly ids: IdMaker
  /** With a clock that stands still during a batch, batches are never cut by time, and runs are repeatable. */
  readonly clock: Pick<Clock, 'monotonic'>
  /** Decides when the next batch is committed; called when something waits and nothing is scheduled yet. */
  readonly schedule: (run: () => void) => void
  readonly onFatal?: (error: unknown) => void
}

/** The core in the caller's own thread: for tests and the simulator. Calls wait, and are committed together. */
export function createLocalStore(needs: LocalNeeds): LocalStore {
  const { databases, ids, clock, schedule } = needs
  const onFatal = needs.onFatal ?? (() => {})
  const later = (verb: string, input: object): void => {
    cores.write.add({ verb, input, settle: () => {} })
  }
  const main = connect(databases.main, { ids, later })
  const output = connect(databases.output, { ids, later })
  const shared = { verbs: VERBS, clock, onFatal }
  const onMain = { ...shared, database: databases.main, tx: main }
  const onOutput = { ...shared, database: databases.output, tx: output, damaged: damagedOutput }
  const cores: Readonly<Record<VerbKind, Core>> = {
    write: new Core({ ...onMain, mode: 'write' }),
    read: new Core({ ...onMain, mode: 'read' }),
    'output-write': new Core({ ...onOutput, mode: 'write' }),
    'output-read': new Core({ ...onOutput, mode: 'read' }),
  }
  const all = Object.values(cores)

  let scheduled = false
  let state: 'open' | 'closed' | 'crashed' = 'open'
  let whenIdle: (() => void) | undefined
  const isIdle = (): boolean => all.every((core) => core.waiting === 0)
  const wake = (): void => {
    if (scheduled) return
    scheduled = true
    schedule(run)
  }
  const run = (): void => {
    scheduled = false
    if (state === 'crashed') return
    for (const core of all) core.runBatch()
    if (isIdle()) whenIdle?.()
    else wake()
  }

  const store = assembleStore({
    submit: (kind, verb, input) => {
      if (state === 'closed') return Promise.reject(refusal('SHUTTING_DOWN'))
      return new Promise((resolve, reject) => {
        if (state === 'crashed') return
        cores[kind].add({ verb, input, settle: (answer) => (answer.ok ? resolve(answer.value) : reject(answer.error)) })
        wake()
      })
    },
    close: async () => {
      if (state === 'open') state = 'closed'
      if (state === 'closed' && !isIdle()) await new Promise<void>((resolve) => (whenIdle = resolve))
    },
  })
  return {
    ...store,
    crash: () => {
      state = 'crashed'
      whenIdle?.()
    },
  }
}
